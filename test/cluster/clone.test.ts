import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import type { ProgramResult } from '../../lab/lab-host.ts';
import { TestCluster } from '../../lab/test-cluster.ts';
import { unprivilegedUser } from '../../lab/unprivileged-user.ts';
import { waitFor } from '../../lab/wait-for.ts';

let cluster: TestCluster;
let primary: ClusterNode;
let node: ClusterNode;
let dataDirectory: string;
let originalSettings: string;

beforeAll(async () => {
  cluster = await TestCluster.prepare({ nodes: 3, settings: { use_replication_slots: '' } });
  primary = await cluster.createPrimary();
  node = cluster.node(2);
  dataDirectory = join(node.machine.folder, 'data');
  originalSettings = readFileSync(node.configFile, 'utf8');
  await primary.postgres.query(
    'CREATE TABLE load AS SELECT g AS id, repeat(md5(g::text), 20) AS text FROM generate_series(1, 40000) g',
  );
});

afterAll(() => cluster.destroy());

beforeEach(() => writeFileSync(node.configFile, originalSettings));

afterEach(async () => {
  await node.machine.kill();
  // The lock of the socket goes as well: the process it names may still be a zombie.
  spawnSync('sh', ['-c', `rm -rf '${dataDirectory}' '${node.machine.folder}'/.s.PGSQL.*`]);
  await primary.postgres.query(
    'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active',
  );
});

const addSetting = (line: string): void => writeFileSync(node.configFile, `${originalSettings}${line}\n`);

function sourceOptions(user = 'repmgr'): string[] {
  return ['-h', primary.machine.address, '-p', String(primary.port), '-U', user, '-d', 'repmgr'];
}

function clone(...options: string[]): Promise<ProgramResult> {
  return node.repmgr([...sourceOptions(), 'standby', 'clone', '-c', ...options]);
}

async function slots(): Promise<string[]> {
  const rows = await primary.postgres.query<{ slot_name: string }>(
    'SELECT slot_name FROM pg_replication_slots ORDER BY 1',
  );
  return rows.map(({ slot_name: name }) => name);
}

/** Names beside the data directory, where an unfinished copy would be seen. */
const besides = (): string[] => readdirSync(node.machine.folder).filter((name) => name.startsWith('data'));

function fillWithForeignFiles(): void {
  mkdirSync(dataDirectory);
  writeFileSync(join(dataDirectory, 'precious.txt'), 'not to be lost');
  node.machine.giveToUser(dataDirectory);
  node.machine.giveToUser(join(dataDirectory, 'precious.txt'));
}

async function startAndWait(): Promise<void> {
  node.adoptDatabase();
  await node.postgres.start();
  await cluster.waitForStandbyStreaming(node, { primary });
}

describe('standby clone', () => {
  it('makes a standby that streams through a slot, without being told to use slots', async () => {
    const result = await clone();
    expect(result).toMatchObject({ status: 0, stdout: '' });
    expect(statSync(dataDirectory).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDirectory, 'standby.signal')).mode & 0o777).toBe(0o600);
    const configuration = readFileSync(join(dataDirectory, 'postgresql.auto.conf'), 'utf8');
    expect(configuration).toMatch(
      /^primary_conninfo = 'host=127\.0\.0\.2 port=\d+ user=repmgr .*application_name=node2/m,
    );
    expect(configuration).toMatch(/^primary_slot_name = 'repmgr_slot_2'$/m);
    await startAndWait();
    expect(await slots()).toEqual(['repmgr_slot_2']);
    const [event] = (await cluster.events()).filter(({ event: name }) => name === 'standby_clone').slice(-1);
    expect(event).toMatchObject({ nodeId: 2, successful: true });
    expect(event?.details).toContain('host "127.0.0.2"');
  });

  it('uses no slot where the file says so', async () => {
    addSetting("use_replication_slots='no'");
    expect((await clone()).status).toBe(0);
    expect(await slots()).toEqual([]);
    const configuration = readFileSync(join(dataDirectory, 'postgresql.auto.conf'), 'utf8');
    expect(configuration).not.toContain('primary_slot_name');
    await startAndWait();
  });

  it('with --dry-run shows the command and leaves no trace', async () => {
    const before = readdirSync(node.machine.folder);
    const result = await clone('--dry-run');
    expect(result.status).toBe(0);
    expect(result.stderr).toContain(`pg_basebackup -l "repmgr base backup" -D ${dataDirectory}`);
    expect(result.stderr).toContain('-X stream -S repmgr_slot_2');
    expect(readdirSync(node.machine.folder)).toEqual(before);
    expect(await slots()).toEqual([]);
  });

  it('writes what repmgr.conf says for recovery, and the delay of the command line', async () => {
    addSetting(
      "restore_command='cp /archive/%f \"%p\"'\narchive_cleanup_command='true'\nrecovery_min_apply_delay=5min",
    );
    expect((await clone('--recovery-min-apply-delay=7min')).status).toBe(0);
    const configuration = readFileSync(join(dataDirectory, 'postgresql.auto.conf'), 'utf8');
    expect(configuration).toContain(`restore_command = 'cp /archive/%f "%p"'`);
    expect(configuration).toContain("archive_cleanup_command = 'true'");
    expect(configuration).toContain("recovery_min_apply_delay = '7min'");
  });

  it('takes the source as a conninfo and verifies the copy', async () => {
    const conninfo = `host=${primary.machine.address} port=${primary.port} user=repmgr dbname=repmgr`;
    const result = await node.repmgr(['-d', conninfo, 'standby', 'clone', '-c', '--verify-backup']);
    expect(result.status).toBe(0);
    await startAndWait();
  });

  it('puts WAL and tablespaces where it is told', async () => {
    const [there, here, wal] = ['space', 'space-of-node2', 'wal-of-node2'].map((name) =>
      join(cluster.folder.path, name),
    ) as [string, string, string];
    mkdirSync(there);
    primary.machine.giveToUser(there);
    await primary.postgres.query(`CREATE TABLESPACE space LOCATION '${there}'`);
    await primary.postgres.query('CREATE TABLE spaced TABLESPACE space AS SELECT 1 AS one');
    for (const folder of [here, wal]) {
      mkdirSync(folder);
      node.machine.giveToUser(folder);
    }
    try {
      const refused = await clone();
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain(`"${there}" is needed for a tablespace`);
      addSetting(`tablespace_mapping='${there}=${here}'\npg_basebackup_options='--waldir=${wal}'`);
      expect((await clone()).status).toBe(0);
      expect(lstatSync(join(dataDirectory, 'pg_wal')).isSymbolicLink()).toBe(true);
      await startAndWait();
      expect(await node.postgres.query('SELECT one FROM spaced')).toEqual([{ one: 1 }]);
      expect(readdirSync(here)).toHaveLength(1);
    } finally {
      await node.machine.kill();
      await primary.postgres.query('DROP TABLE spaced');
      await primary.postgres.query('DROP TABLESPACE space');
    }
  });
});

describe('standby clone refuses, and changes nothing', () => {
  it('a directory with something in it', async () => {
    fillWithForeignFiles();
    const result = await clone();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('is not empty');
    expect(readdirSync(dataDirectory)).toEqual(['precious.txt']);
    expect(await slots()).toEqual([]);
  });

  it('the directory of a running server, even with --force', async () => {
    expect((await clone()).status).toBe(0);
    await startAndWait();
    const result = await clone('--force');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('is running in');
    expect(node.postgres.isRunning()).toBe(true);
    expect(besides()).toEqual(['data']);
  });

  it('a wrong password', async () => {
    const hba = join(primary.machine.folder, 'data', 'pg_hba.conf');
    const original = readFileSync(hba, 'utf8');
    await primary.postgres.query(`CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'right'`);
    writeFileSync(hba, `host all guarded 0.0.0.0/0 scram-sha-256\n${original}`);
    await primary.postgres.reload();
    try {
      const result = await node.machine.run(
        join(cluster.folder.path, 'bin', 'repmgr'),
        ['-f', node.configFile, ...sourceOptions('guarded'), 'standby', 'clone'],
        { env: { PGPASSWORD: 'wrong' } },
      );
      expect(result.status).toBe(6);
      expect(result.stderr).toContain('password authentication failed');
      expect(existsSync(dataDirectory)).toBe(false);
      expect(await slots()).toEqual([]);
    } finally {
      writeFileSync(hba, original);
      await primary.postgres.reload();
      await primary.postgres.query('DROP ROLE guarded');
    }
  });

  it('a source that belongs to another cluster', async () => {
    const stranger = cluster.node(3);
    await stranger.createDatabase({});
    await stranger.postgres.start();
    try {
      await stranger.postgres.query('CREATE ROLE repmgr SUPERUSER LOGIN');
      await stranger.postgres.query('CREATE DATABASE repmgr OWNER repmgr');
      await stranger.mustRepmgr(['primary', 'register']);
      await stranger.postgres.query(
        `INSERT INTO repmgr.nodes (node_id, node_name, conninfo, repluser, type, active, location, priority, config_file)
         VALUES (1, 'node1', $1, 'repmgr', 'standby', true, 'default', 100, '/x')`,
        [primary.conninfo],
        { database: 'repmgr' },
      );
      const source = [
        '-h',
        stranger.machine.address,
        '-p',
        String(stranger.port),
        '-U',
        'repmgr',
        '-d',
        'repmgr',
      ];
      const result = await node.repmgr([...source, 'standby', 'clone', '-c']);
      expect(result.status).toBe(1);
      expect(result.stderr).toContain('system identifier');
      expect(existsSync(dataDirectory)).toBe(false);
      await node.createDatabase({});
      await stranger.postgres.query(
        `INSERT INTO repmgr.nodes (node_id, node_name, conninfo, repluser, type, active, location, priority, config_file)
         VALUES (2, 'node2', 'host=x', 'repmgr', 'standby', true, 'default', 100, '/x')`,
        [],
        { database: 'repmgr' },
      );
      const foreign = await node.repmgr([...source, 'standby', 'clone', '--replication-conf-only']);
      expect(foreign.status).toBe(1);
      expect(foreign.stderr).toContain(`"${dataDirectory}" is no copy of node "node3" (ID: 3)`);
      expect(existsSync(join(dataDirectory, 'standby.signal'))).toBe(false);
      expect(await stranger.postgres.query('SELECT slot_name FROM pg_replication_slots')).toEqual([]);
    } finally {
      await stranger.machine.kill();
    }
  });

  it('an upstream that is not registered, and a name that is taken', async () => {
    addSetting("node_name='node1'");
    const result = await clone('--upstream-node-id=9');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('no node with ID 9 is registered');
    expect(result.stderr).toContain('node name "node1" is taken');
  });

  it('Barman, which is not supported', async () => {
    addSetting("barman_host='backup'\nbarman_server='main'");
    const result = await node.repmgr(['standby', 'clone', ...sourceOptions()]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('not supported yet');
    expect((await clone('--without-barman')).status).toBe(0);
  });
});

describe('standby clone --force', () => {
  it('replaces the directory only when the copy is good', async () => {
    fillWithForeignFiles();
    expect((await clone('--force')).status).toBe(0);
    expect(existsSync(join(dataDirectory, 'precious.txt'))).toBe(false);
    expect(besides()).toEqual(['data']);
    await startAndWait();
  });

  it('keeps the old directory when the copy fails', async () => {
    fillWithForeignFiles();
    addSetting("pg_basebackup_options='--no-such-option'");
    const result = await clone('--force');
    expect(result.status).toBe(14);
    expect(readdirSync(dataDirectory)).toEqual(['precious.txt']);
    expect(besides()).toEqual(['data']);
    expect(await slots()).toEqual([]);
  });
});

describe('standby clone that can not be finished', () => {
  it('is undone at Ctrl-C: no files, no slot', async () => {
    addSetting("pg_basebackup_options='--max-rate=2M'");
    const log = join(node.machine.folder, 'clone.log');
    const program = join(cluster.folder.path, 'bin', 'repmgr');
    const child = node.machine.start(
      program,
      ['-f', node.configFile, ...sourceOptions(), 'standby', 'clone', '-c'],
      { logFile: log },
    );
    const ended = new Promise<number | null>((resolve) => child.once('exit', (status) => resolve(status)));
    await waitFor(() => existsSync(join(dataDirectory, 'base')), {
      what: 'the first files',
      timeoutMs: 10_000,
    });
    expect(await slots()).toEqual(['repmgr_slot_2']);
    // From a terminal it often comes twice: to the process group, and passed on by what started the program.
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(besides()).toEqual([]);
    expect(await slots()).toEqual([]);
    expect(node.machine.processes()).toEqual([]);
  });

  it('is undone when the disk is full', async () => {
    mkdirSync(dataDirectory);
    node.machine.giveToUser(dataDirectory);
    const { uid, gid } = unprivilegedUser();
    const options = `size=12m,mode=0700,uid=${uid},gid=${gid}`;
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dataDirectory]).status === 0;
    const program = join(cluster.folder.path, 'bin', 'repmgr');
    const command = [program, '-f', node.configFile, ...sourceOptions(), 'standby', 'clone', '-c'];
    // Where nothing may be mounted, a limit on the size of files is what a full disk is.
    const limit = isMounted ? '' : 'ulimit -f 4096; ';
    try {
      const result = await node.machine.run('sh', ['-c', `${limit}exec "$@"`, 'sh', ...command]);
      expect(result.status).toBe(14);
      expect(result.stderr).toMatch(/No space left on device|File too large|pg_basebackup failed/);
      expect(readdirSync(dataDirectory)).toEqual([]);
      expect(await slots()).toEqual([]);
    } finally {
      if (isMounted) spawnSync('umount', [dataDirectory]);
    }
  });
});

describe('standby clone --replication-conf-only', () => {
  it('makes a standby of a copy that was made by other means', async () => {
    await primary.postgres.program('pg_basebackup', [
      '-D',
      dataDirectory,
      '-h',
      primary.machine.address,
      '-p',
      String(primary.port),
      '-U',
      'repmgr',
      '-c',
      'fast',
    ]);
    const unregistered = await clone('--replication-conf-only');
    expect(unregistered.status).toBe(1);
    expect(unregistered.stderr).toContain('is not registered');
    await node.mustRepmgr([...sourceOptions(), 'standby', 'register', '--force', '--wait-start=0']);
    const shown = await clone('--replication-conf-only', '--dry-run');
    expect(shown.status).toBe(0);
    expect(shown.stderr).toContain('application_name=node2');
    expect(existsSync(join(dataDirectory, 'standby.signal'))).toBe(false);
    expect((await clone('--replication-conf-only')).status).toBe(0);
    const configuration = readFileSync(join(dataDirectory, 'postgresql.auto.conf'), 'utf8');
    expect(configuration).not.toContain('fallback_application_name');
    await startAndWait();
    const again = await clone('--replication-conf-only');
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('is running in');
    await primary.postgres.query('DELETE FROM repmgr.nodes WHERE node_id = 2', [], { database: 'repmgr' });
  });
});
