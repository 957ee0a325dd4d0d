import { describe, expect, it } from 'vitest';
import { parseBasebackupOptions } from '../../../../src/decisions/clone/basebackup-options.ts';
import type { CheckResult } from '../../../../src/decisions/clone/check-result.ts';
import { checkSource, versionText } from '../../../../src/decisions/clone/source-checks.ts';
import type { CloneWish, SourceFacts } from '../../../../src/decisions/clone/source-facts.ts';
import type { NodeId, NodeRecord } from '../../../../src/domain/node.ts';
import type { SystemIdentifier } from '../../../../src/domain/system-identifier.ts';

const system = '77' as SystemIdentifier;

function node(nodeId: number, nodeName: string): NodeRecord {
  return {
    nodeId: nodeId as NodeId,
    upstreamNodeId: null,
    active: true,
    nodeName,
    type: 'primary',
    location: 'default',
    priority: 100,
    conninfo: `host=${nodeName}`,
    replicationUser: 'repmgr',
    slotName: null,
    configFile: '/etc/repmgr.conf',
  };
}

const goodSettings = {
  wal_level: 'replica',
  max_replication_slots: '10',
  wal_keep_size: '0',
  archive_mode: 'off',
  archive_command: '',
  hot_standby: 'on',
  max_wal_senders: '10',
  data_checksums: 'on',
  wal_log_hints: 'off',
};

function facts(
  changes: Partial<SourceFacts> = {},
  settings: Readonly<Record<string, string | null>> = {},
): SourceFacts {
  return {
    serverVersionNum: 150018,
    settings: new Map<string, string | null>(Object.entries({ ...goodSettings, ...settings })),
    walSendersInUse: 0,
    replicationConnections: { wanted: 2, opened: 2, error: null },
    metadata: 'present',
    systemIdentifier: system,
    otherNode: { nodeName: 'node1', systemIdentifier: system },
    sourceIsInRecovery: false,
    upstream: node(1, 'node1'),
    namesake: null,
    maySlotsBeMade: true,
    ...changes,
  };
}

function wish(changes: Partial<CloneWish> = {}): CloneWish {
  return {
    nodeId: 2 as NodeId,
    nodeName: 'node2',
    upstreamNodeId: null,
    hasUpstreamConninfo: false,
    usesSlots: true,
    hasRestoreCommand: false,
    verifyBackup: false,
    basebackup: parseBasebackupOptions(''),
    force: false,
    ...changes,
  };
}

const failures = (results: readonly CheckResult[]): string[] =>
  results.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
const warnings = (results: readonly CheckResult[]): string[] =>
  results.filter(({ outcome }) => outcome === 'warning').map(({ check }) => check);

describe('checkSource', () => {
  it('passes a healthy source', () => {
    const results = checkSource(facts(), wish());
    expect(failures(results)).toEqual([]);
    expect(warnings(results)).toEqual([]);
  });

  it('reports everything that is wrong, not the first', () => {
    const bad = facts(
      { namesake: node(3, 'node2'), maySlotsBeMade: false },
      { wal_level: 'minimal', hot_standby: 'off', max_wal_senders: '1' },
    );
    expect(failures(checkSource(bad, wish()))).toEqual([
      'node name',
      'replication slot',
      'wal_level',
      'hot_standby',
      'max_wal_senders',
    ]);
  });

  it('stops at a version that is too old, as nothing else can be judged', () => {
    const results = checkSource(facts({ serverVersionNum: 110022, metadata: 'absent' }), wish());
    expect(failures(results)).toEqual(['version']);
    expect(results[0]?.message).toContain('PostgreSQL 11.22');
  });

  it('says what to do for each failure', () => {
    const bad = facts(
      {
        metadata: 'absent',
        upstream: null,
        replicationConnections: { wanted: 2, opened: 1, error: 'no pg_hba.conf entry' },
      },
      { wal_level: 'minimal', max_replication_slots: '0', archive_mode: 'on' },
    );
    const failed = checkSource(bad, wish()).filter(({ outcome }) => outcome === 'failed');
    expect(failed).toHaveLength(6);
    expect(failed.every(({ hint }) => hint !== undefined)).toBe(true);
    expect(failed.at(-1)?.message).toBe('only 1 of 2 could be opened: no pg_hba.conf entry');
  });
});

describe('checkSource and the cluster', () => {
  it('refuses a source of another cluster, such as a witness', () => {
    const otherNode = { nodeName: 'node1', systemIdentifier: '78' as SystemIdentifier };
    expect(failures(checkSource(facts({ otherNode }), wish()))).toEqual(['system identifier']);
  });

  it('does not compare a source in recovery, nor without another node', () => {
    const otherNode = { nodeName: 'node1', systemIdentifier: '78' as SystemIdentifier };
    expect(failures(checkSource(facts({ otherNode, sourceIsInRecovery: true }), wish()))).toEqual([]);
    expect(failures(checkSource(facts({ otherNode: null }), wish()))).toEqual([]);
  });

  it('needs the metadata, which force turns into a warning', () => {
    const absent = facts({ metadata: 'absent', upstream: null });
    expect(failures(checkSource(absent, wish()))).toEqual(['metadata', 'upstream']);
    expect(failures(checkSource(absent, wish({ force: true })))).toEqual([]);
    expect(warnings(checkSource(absent, wish({ force: true })))).toEqual(['metadata']);
  });

  it('needs the upstream that was named', () => {
    const results = checkSource(facts({ upstream: null }), wish({ upstreamNodeId: 9 as NodeId }));
    expect(failures(results)).toEqual(['upstream']);
    expect(results.find(({ check }) => check === 'upstream')?.message).toContain('ID 9');
  });

  it('does without a record when the upstream is given as conninfo', () => {
    expect(failures(checkSource(facts({ upstream: null }), wish({ hasUpstreamConninfo: true })))).toEqual([]);
  });

  it('refuses a node that is its own upstream', () => {
    expect(failures(checkSource(facts({ upstream: node(2, 'node2') }), wish()))).toEqual(['upstream']);
  });

  it('refuses a name that another node has, but not the own one', () => {
    expect(failures(checkSource(facts({ namesake: node(3, 'node2') }), wish()))).toEqual(['node name']);
    expect(failures(checkSource(facts({ namesake: node(2, 'node2') }), wish()))).toEqual([]);
  });
});

describe('checkSource and settings', () => {
  it.each([
    ['logical', []],
    ['replica', []],
    ['minimal', ['wal_level']],
    [null, ['wal_level']],
  ])('wal_level %s', (wal_level, expected) => {
    expect(failures(checkSource(facts({}, { wal_level }), wish()))).toEqual(expected);
  });

  it('looks at max_replication_slots only where slots are used', () => {
    const none = facts({}, { max_replication_slots: '0' });
    expect(failures(checkSource(none, wish()))).toEqual(['max_replication_slots']);
    expect(failures(checkSource(none, wish({ usesSlots: false })))).toEqual([]);
  });

  it.each([
    ['slots', { usesSlots: true }],
    ['streamed WAL', { basebackup: parseBasebackupOptions('-X stream') }],
    ['an archive', { hasRestoreCommand: true }],
  ])('needs no kept WAL with %s', (_, secured) => {
    const base = { usesSlots: false, basebackup: parseBasebackupOptions('-X fetch') };
    const results = checkSource(facts(), wish({ ...base, ...secured }));
    expect(failures(results)).toEqual([]);
  });

  it('needs kept WAL with none of these, by the name of the version', () => {
    const bare = wish({ usesSlots: false, basebackup: parseBasebackupOptions('-X fetch') });
    expect(failures(checkSource(facts(), bare))).toEqual(['wal_keep_size']);
    expect(failures(checkSource(facts({}, { wal_keep_size: '256MB' }), bare))).toEqual([]);
    const twelve = facts({ serverVersionNum: 120020 }, { wal_keep_segments: '0' });
    expect(failures(checkSource(twelve, bare))).toEqual(['wal_keep_segments']);
  });

  it.each([
    ['off', '', null, []],
    ['on', 'cp %p /a/%f', null, []],
    ['always', 'cp %p /a/%f', null, []],
    ['on', '(disabled)', 'basic_archive', []],
    ['on', '(disabled)', '', ['archive_command']],
    ['on', '', null, ['archive_command']],
  ])('archive_mode %s, command %j, library %s', (mode, command, library, expected) => {
    const settings = { archive_mode: mode, archive_command: command, archive_library: library };
    expect(failures(checkSource(facts({}, settings), wish()))).toEqual(expected);
  });

  it.each([
    ['10', 8, '', []],
    ['10', 9, '', ['max_wal_senders']],
    ['10', 9, '-X fetch', []],
    ['10', 10, '-X fetch', ['max_wal_senders']],
    ['0', 0, '', ['max_wal_senders']],
  ])('max_wal_senders %s with %i in use and options %j', (limit, inUse, options, expected) => {
    const results = checkSource(
      facts({ walSendersInUse: inUse }, { max_wal_senders: limit, wal_keep_size: '1MB' }),
      wish({ basebackup: parseBasebackupOptions(options) }),
    );
    expect(failures(results)).toEqual(expected);
  });

  it('only warns when pg_rewind will never be possible', () => {
    const off = facts({}, { data_checksums: 'off' });
    expect(failures(checkSource(off, wish()))).toEqual([]);
    expect(warnings(checkSource(off, wish()))).toEqual(['pg_rewind']);
    expect(warnings(checkSource(facts({}, { data_checksums: 'off', wal_log_hints: 'on' }), wish()))).toEqual(
      [],
    );
    expect(warnings(checkSource(facts({}, { data_checksums: null }), wish()))).toEqual([]);
  });
});

describe('checkSource and options', () => {
  it('lets --verify-backup need PostgreSQL 13', () => {
    const twelve = facts({ serverVersionNum: 120020 }, { wal_keep_segments: '1' });
    expect(failures(checkSource(twelve, wish({ verifyBackup: true })))).toEqual(['verify backup']);
    expect(failures(checkSource(facts(), wish({ verifyBackup: true })))).toEqual([]);
  });

  it('passes on what is wrong with pg_basebackup_options', () => {
    const basebackup = parseBasebackupOptions('--no-slot -S a --waldir=x');
    expect(failures(checkSource(facts(), wish({ basebackup })))).toEqual([
      'pg_basebackup_options',
      'pg_basebackup_options',
    ]);
  });

  it('asks for the right to make slots only where slots are used', () => {
    const powerless = facts({ maySlotsBeMade: false });
    expect(failures(checkSource(powerless, wish()))).toEqual(['replication slot']);
    expect(failures(checkSource(powerless, wish({ usesSlots: false })))).toEqual([]);
  });
});

describe('versionText', () => {
  it.each([
    [150018, '15.18'],
    [120000, '12.0'],
    [90624, '9.6'],
  ])('%i is %s', (versionNum, text) => {
    expect(versionText(versionNum)).toBe(text);
  });
});
