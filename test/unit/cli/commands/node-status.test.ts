import { describe, expect, test } from 'vitest';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { SystemIdentifier } from '../../../../src/domain/system-identifier.ts';
import type { ControlState } from '../../../../src/ports/local-server.ts';
import type { ReplicationSlot } from '../../../../src/ports/server-inspector.ts';
import { FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

const conninfo = 'host=127.0.0.1 port=55201 user=repmgr dbname=repmgr connect_timeout=2';
const physicalSlot = (slotName: string, active: boolean): ReplicationSlot => ({
  slotName,
  slotType: 'physical',
  active,
  restartLsn: null,
  walStatus: 'reserved',
});

function cluster(): FakeCluster {
  const world = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
  world.files.set('/data/node1/pg_wal/archive_status/000000010000000000000004.done', '');
  world.files.set('/data/node2/pg_wal/archive_status/000000010000000000000004.done', '');
  world.controlData = { systemIdentifier: '7300000000000000001' as SystemIdentifier };
  return world;
}

const status = (world: FakeCluster, nodeId: number, options = '') =>
  runRepmgr(world, `node status ${options}`, { nodeId });

describe('node status', () => {
  test('shows a standby as text', async () => {
    expect(await status(cluster(), 2, '--verbose')).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        'Node "node2":',
        '\tPostgreSQL version: 15.18',
        '\tTotal data size: 29 MB',
        `\tConninfo: ${conninfo.replace('55201', '55202')}`,
        '\tSystem identifier: 7300000000000000001',
        '\tRole: standby',
        '\tWAL archiving: disabled (on standbys "archive_mode" must be set to "always" to be effective)',
        '\tArchive command: /bin/true',
        '\tWALs pending archiving: 0 pending files',
        '\tReplication connections: 0 (of maximal 10)',
        '\tReplication slots: 0 physical (of maximal 10; 0 missing)',
        '\tUpstream node: node1 (ID: 1)',
        '\tReplication lag: 0 seconds',
        '\tLast received LSN: 0/50318B0',
        '\tLast replayed LSN: 0/50318B0',
        '',
        '',
      ].join('\n'),
    });
  });

  test('shows a primary with an inactive slot as CSV, with exit status 25', async () => {
    const world = cluster();
    world.server(1).slots = [physicalSlot('repmgr_slot_3', false)];
    expect(await status(world, 1, '--csv')).toEqual({
      status: 25,
      stderr: '',
      stdout: [
        '"Node name","node1"',
        '"Node ID","1"',
        '"PostgreSQL version","15.18"',
        '"Total data size","29 MB"',
        `"Conninfo","${conninfo}"`,
        '"Role","primary"',
        '"WAL archiving","enabled"',
        '"Archive command","/bin/true"',
        '"WALs pending archiving","0"',
        '"Replication connections","1 (of maximal 10)"',
        '"Replication slots","1 physical (of maximal 10; 0 missing); 1 inactive"',
        '"Upstream node","(none)"',
        '"Replication lag","n/a"',
        '"Last received LSN","(none)"',
        '"Last replayed LSN","(none)"',
        '"max_wal_senders",10',
        '"occupied_wal_senders",1',
        '"max_replication_slots",10',
        '"active_replication_slots",0',
        '"inactive_replication_slots",1,"repmgr_slot_3"',
        '"missing_replication_slots",0',
        '',
      ].join('\n'),
    });
  });

  test('leaves out of the text of a primary what only a standby has', async () => {
    const { stdout } = await status(cluster(), 1);
    expect(stdout).not.toContain('Upstream node');
    expect(stdout).not.toContain('LSN');
    expect(stdout).toContain('\tReplication lag: n/a\n');
  });

  test('names slots that downstream nodes need and that are missing', async () => {
    const world = cluster();
    world.change(2, { slotName: 'repmgr_slot_2' });
    const { status: exit, stdout, stderr } = await status(world, 1);
    expect(exit).toBe(25);
    expect(stdout).toContain('Replication slots: 0 physical (of maximal 10; 1 missing)');
    expect(stderr).toContain('replication slots of downstream nodes are missing: repmgr_slot_2');
    expect((await status(world, 1, '--csv')).stdout).toContain(
      '"missing_replication_slots",1,"repmgr_slot_2"\n',
    );
  });

  test('warns of downstream nodes that are not attached, but not of witnesses', async () => {
    const world = cluster();
    world.server(1).replicationRows = [];
    const { status: exit, stderr } = await status(world, 1);
    expect(exit).toBe(25);
    expect(stderr).toContain('registered downstream nodes are not attached: node "node2" (ID: 2)');
    expect(await status(world, 1, '--terse')).toMatchObject({ status: 25, stderr: '' });
    world.change(2, { type: 'witness' });
    expect((await status(world, 1)).status).toBe(0);
  });

  test('warns of a node in another role than registered', async () => {
    const world = cluster();
    world.server(2).recoveryState = 'primary';
    const { status: exit, stderr } = await status(world, 2);
    expect(exit).toBe(25);
    expect(stderr).toContain('registered as standby but runs as primary');
  });

  test('warns when the archive status or the control file cannot be read', async () => {
    const world = cluster();
    world.files.clear();
    world.controlData = undefined;
    expect((await status(world, 1, '--verbose')).stderr).toContain('the control file could not be read');
    expect((await status(world, 1)).stderr).toContain('"pg_wal/archive_status" could not be read');
    expect((await status(world, 1)).stdout).toContain('WALs pending archiving: unknown');
  });

  test('counts the files that wait to be archived, and hides them without archiving', async () => {
    const world = cluster();
    world.files.set('/data/node1/pg_wal/archive_status/000000010000000000000005.ready', '');
    expect((await status(world, 1)).stdout).toContain('\tWALs pending archiving: 1 pending files\n');
    world.server(1).settings.set('archive_mode', 'off').set('archive_command', '');
    const { stdout } = await status(world, 1);
    expect(stdout).toContain('\tWAL archiving: off\n\tArchive command: (none)\n\tReplication connections');
  });

  test('says disabled where there can be no slots, and unknown where the size or the lag is', async () => {
    const world = cluster();
    world.server(2).settings.set('max_replication_slots', '0');
    Object.assign(world.server(2), { totalDataBytes: null, replayLagSecs: null });
    const { stdout } = await status(world, 2);
    expect(stdout).toContain('\tReplication slots: disabled\n');
    expect(stdout).toContain('\tTotal data size: unknown\n');
    expect(stdout).toContain('\tReplication lag: unknown\n');
  });

  test('gives JSON', async () => {
    const { stdout } = await status(cluster(), 2, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      nodeId: 2,
      role: 'standby',
      systemIdentifier: '7300000000000000001',
      maxWalSenders: 10,
      missingSlots: [],
      warnings: [],
    });
  });

  test('ends with 6 without the local database and 1 for a node without record', async () => {
    const world = cluster();
    world.database.nodes = [nodeRecord(1)];
    expect((await status(world, 2)).status).toBe(1);
    world.server(2).state = 'down';
    expect((await status(world, 2)).status).toBe(6);
  });
});

describe('node status --is-shutdown-cleanly', () => {
  test.each([
    [undefined, 'up', '--state=UNKNOWN'],
    ['in production', 'up', '--state=UP'],
    ['in production', 'rejecting', '--state=UP'],
    ['shutting down', 'up', '--state=SHUTTING_DOWN'],
    ['in production', 'down', '--state=UNCLEAN_SHUTDOWN'],
    ['shutting down', 'down', '--state=UNCLEAN_SHUTDOWN'],
    ['shut down', 'down', '--state=SHUTDOWN --last-checkpoint-lsn=0/4000060'],
    ['shut down in recovery', 'down', '--state=SHUTDOWN --last-checkpoint-lsn=0/4000060'],
  ] as const)('control file "%s", server %s: %s', async (state: ControlState | undefined, server, line) => {
    const world = cluster();
    world.server(2).state = server;
    world.controlData = state === undefined ? undefined : { state, checkpointLsn: 0x4000060n as Lsn };
    expect(await status(world, 2, '--is-shutdown-cleanly')).toEqual({
      status: 0,
      stderr: '',
      stdout: `${line}\n`,
    });
  });

  test('a checkpoint at 0/0 is no state', async () => {
    const world = cluster();
    world.controlData = { state: 'shut down', checkpointLsn: 0n as Lsn };
    expect((await status(world, 2, '--is-shutdown-cleanly')).stdout).toBe('--state=UNKNOWN\n');
  });
});
