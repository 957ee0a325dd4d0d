import { beforeEach, describe, expect, test } from 'vitest';
import type { NodeId } from '../../../../src/domain/node.ts';
import type { DaemonStatus } from '../../../../src/domain/peer-messages.ts';
import { apiPortOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { daemonStatus, type FakeDaemon } from '../../../fakes/fake-peers.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

const self = 1 as NodeId;
let world: FakeCluster;

function daemon(nodeId: number): FakeDaemon {
  const found = world.peers.daemons.get(apiPortOf(nodeId));
  if (found === undefined) throw new Error(`node ${nodeId} has no daemon`);
  return found;
}

function become(nodeId: number, changes: Partial<DaemonStatus>): void {
  const found = daemon(nodeId);
  found.status = { ...found.status, ...changes };
}

/** Node 1 is the primary under a lease; nodes 2 and 3 stream from it. */
beforeEach(() => {
  world = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3)]);
  world.postmaster = { kind: 'running', pid: 7, statusLine: 'ready' };
  for (const nodeId of [1, 2, 3])
    world.peers.daemons.set(apiPortOf(nodeId), { status: daemonStatus({ nodeId, primary: self }) });
  become(1, { role: 'primary', phase: 'writable', leaseHolder: self, isPromotable: false });
  daemon(1).answer = () => ({ ok: true });
  world.onStop = () => {
    become(1, { role: 'handing over', phase: null });
    become(2, { role: 'primary', phase: 'writable', term: 2 });
  };
});

const shutdown = (options = '', nodeId = 1) => runRepmgr(world, `node shutdown ${options}`, { nodeId });
const announcements = () => world.peers.requests.filter(({ message }) => message === 'shutdown');

describe('node shutdown', () => {
  test('of a primary announces, stops, and tells who took over', async () => {
    const { status, stderr } = await shutdown();
    expect(stderr).toMatch(/node "node1" \(ID: 1\) is down after \d+ ms, and stays down/);
    expect(stderr).toMatch(/node "node2" \(ID: 2\) is the primary, and was writable after \d+ ms/);
    expect(status).toBe(0);
    const body = { isForced: false, timeoutMs: 65_000 };
    expect(announcements()).toEqual([{ port: apiPortOf(1), message: 'shutdown', body }]);
  });

  test('gives JSON', async () => {
    expect(JSON.parse((await shutdown('--json')).stdout)).toMatchObject({
      stopped: true,
      newPrimaryNodeId: 2,
      dryRun: false,
    });
  });

  test('with --dry-run changes nothing', async () => {
    const { status, stderr } = await shutdown('--dry-run');
    expect(status).toBe(0);
    expect(stderr).toContain('would stop PostgreSQL: pg_ctl stop');
    expect(stderr).toContain('would wait until node "node2" (ID: 2) or node "node3" (ID: 3) is writable');
    expect(world.postmaster.kind).toBe('running');
    expect(announcements()).toEqual([]);
  });

  test.each([
    ['failover is paused', () => become(1, { paused: true })],
    ['repmgrd does not answer', () => world.peers.daemons.delete(apiPortOf(1))],
    ['nobody may be promoted', () => [2, 3].forEach((id) => become(id, { isPromotable: false }))],
    ['repmgrd refuses', () => Object.assign(daemon(1), { answer: () => ({ ok: false, reason: 'busy' }) })],
  ])('of a primary is refused when %s', async (_, prepare) => {
    prepare();
    const { status, stderr } = await shutdown();
    expect(status, stderr).toBe(18);
    expect(world.postmaster.kind).toBe('running');
  });

  test('by force stops all the same, and waits for nobody', async () => {
    for (const id of [2, 3]) become(id, { isPromotable: false });
    world.onStop = () => {};
    const { status, stderr } = await shutdown('--force');
    expect(status).toBe(0);
    expect(stderr).toContain('WARNING: nobody may take over');
    expect(world.postmaster.kind).toBe('absent');
    expect(world.clock.nowMs).toBe(0);
  });

  test('says so when repmgrd goes on in place, as nobody has all WAL', async () => {
    world.onStop = () => {
      world.postmaster = { kind: 'running', pid: 8, statusLine: 'ready' };
      become(1, { explanation: 'no standby has all WAL: the shutdown is taken back' });
    };
    const { status, stderr } = await shutdown();
    expect(status).toBe(18);
    expect(stderr).toContain('goes on as primary');
    expect(stderr).toContain('no standby has all WAL');
  });

  test('says so when nobody takes over in time', async () => {
    world.onStop = () => become(1, { role: 'fenced', phase: null });
    const { status, stderr } = await shutdown('--wait=5');
    expect(status).toBe(22);
    expect(stderr).toContain('no other node has become the primary');
    expect(world.clock.nowMs).toBe(5_000);
  });

  test('of a standby just stops it', async () => {
    const { status, stderr } = await shutdown('', 2);
    expect(stderr).toMatch(/^NOTICE: PostgreSQL of node "node2" \(ID: 2\) is down after/);
    expect(status).toBe(0);
    expect(announcements()).toEqual([]);
  });

  test('has nothing to do where PostgreSQL does not run', async () => {
    world.postmaster = { kind: 'absent' };
    const { status, stderr } = await shutdown();
    expect(status).toBe(0);
    expect(stderr).toContain('does not run');
  });
});
