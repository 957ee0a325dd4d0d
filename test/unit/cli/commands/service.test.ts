import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../../src/domain/node.ts';
import { apiPortOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { daemonStatus } from '../../../fakes/fake-peers.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

/** Node 1 is the primary, node 2 paused, node 3 down with its daemon. */
function cluster(): FakeCluster {
  const world = new FakeCluster([
    nodeRecord(1),
    nodeRecord(2),
    nodeRecord(3, { location: 'dc b', priority: 50 }),
  ]);
  const primary = 1 as NodeId;
  world.peers.daemons.set(apiPortOf(1), {
    status: daemonStatus({ nodeId: 1, role: 'primary', primary, pid: 28_273 }),
  });
  world.peers.daemons.set(apiPortOf(2), {
    status: daemonStatus({ nodeId: 2, primary, pid: 28_282, paused: true, upstreamLastSeenSecs: 1 }),
  });
  world.server(3).state = 'down';
  return world;
}

describe('service status', () => {
  const status = (options = '', world = cluster()) =>
    runRepmgr(world, `service status ${options}`, { nodeId: 2 });

  test('prints the table that scripts know', async () => {
    const result = await status('--terse');
    expect(result).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        ' ID | Name  | Role    | Status        | Upstream | repmgrd | PID   | Paused? | Upstream last seen',
        '----+-------+---------+---------------+----------+---------+-------+---------+--------------------',
        ' 1  | node1 | primary | * running     |          | running | 28273 | no      | n/a                ',
        ' 2  | node2 | standby |   running     | node1    | running | 28282 | yes     | 1 second(s) ago    ',
        ' 3  | node3 | standby | ? unreachable | ? node1  | n/a     | n/a   | n/a     | n/a                ',
        '',
      ].join('\n'),
    });
  });

  test('shows more with --detail and less with --compact', async () => {
    const lines = (await status('--detail --compact --terse')).stdout.split('\n');
    expect(lines[0]).toBe(
      ' ID | Name  | Role    | Status        | Upstream | Location | Prio. | repmgrd | PID   | Paused? | Upstr. last ',
    );
    expect(lines[3]).toContain('| 1 sec(s) ago ');
    expect((await status('--detail --terse')).stdout).toContain('| Location | Priority | repmgrd ');
  });

  test('prints CSV', async () => {
    const world = cluster();
    world.peers.daemons.delete(apiPortOf(1));
    expect((await status('--csv', world)).stdout).toBe(
      [
        '1,node1,primary,1,0,-1,-1,100,-1,default',
        '2,node2,standby,1,1,28282,1,100,1,default',
        '3,node3,standby,0,-1,-1,-1,50,-1,dc b',
        '',
      ].join('\n'),
    );
  });

  test('says why a daemon is not running', async () => {
    const { stderr } = await status();
    expect(stderr).toContain('repmgrd of node "node3" (ID: 3) does not answer: port 5481 refused');
  });

  test('does not take the daemon of another node for the one at its address', async () => {
    const world = cluster();
    world.peers.daemons.set(apiPortOf(1), { status: daemonStatus({ nodeId: 7 }) });
    const { stdout, stderr } = await status('', world);
    expect(stdout).toContain('| not running ');
    expect(stderr).toContain('at its address the repmgrd of node ID 7 answers');
  });

  test('gives JSON', async () => {
    const { nodes } = JSON.parse((await status('--json')).stdout);
    expect(nodes[1].repmgrd).toMatchObject({ pid: 28_282, paused: true, upstreamLastSeenSecs: 1 });
    expect(nodes[2]).toMatchObject({ reachable: false, repmgrd: null, reason: 'port 5481 refused' });
  });

  test('works on a cluster whose nodes have no daemon addresses yet', async () => {
    const world = cluster();
    world.database.daemons = [];
    const { status: exit, stdout, stderr } = await status('', world);
    expect(exit).toBe(0);
    expect(stdout).toContain('not running');
    expect(stderr).toContain('it has no address; register the node again with --force');
  });

  test('ends with 6 without the local database', async () => {
    const world = cluster();
    world.server(2).state = 'down';
    expect((await status('', world)).status).toBe(6);
  });
});

describe('service pause and unpause', () => {
  test.each([
    ['pause', true],
    ['unpause', false],
  ])('%s tells the daemon of the primary', async (word, paused) => {
    const world = cluster();
    const daemon = world.peers.daemons.get(apiPortOf(1));
    if (daemon !== undefined) daemon.answer = () => ({ ok: true });
    const { status, stdout, stderr } = await runRepmgr(world, `service ${word}`, { nodeId: 2 });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toBe(`NOTICE: automatic failover is ${word}d in the whole cluster\n`);
    const changes = world.peers.requests.filter(({ message }) => message !== 'status');
    expect(changes).toEqual([{ port: apiPortOf(1), message: 'pause', body: { paused } }]);
  });

  test('--dry-run only asks', async () => {
    const world = cluster();
    const { status, stderr } = await runRepmgr(world, 'service pause --dry-run', { nodeId: 2 });
    expect(status).toBe(0);
    expect(stderr).toContain('INFO: would tell the repmgrd of node "node1" (ID: 1)');
    expect(world.peers.requests.every(({ message }) => message === 'status')).toBe(true);
  });

  test('ends with 26 when the daemon of the primary refuses', async () => {
    const world = cluster();
    const daemon = world.peers.daemons.get(apiPortOf(1));
    if (daemon !== undefined) daemon.answer = () => ({ ok: false, reason: 'no majority has stored it' });
    const { status, stderr } = await runRepmgr(world, 'service pause', { nodeId: 2 });
    expect(status).toBe(26);
    expect(stderr).toContain('DETAIL: no majority has stored it');
  });

  test('waits for daemons that have only just started to agree on the primary', async () => {
    const world = cluster();
    const daemon = world.peers.daemons.get(apiPortOf(1));
    if (daemon === undefined) throw new Error('node 1 has no daemon');
    daemon.answer = () => ({ ok: true });
    const { status } = daemon;
    let questions = 0;
    Object.defineProperty(daemon, 'status', {
      get: () => {
        questions += 1;
        return questions > 3 ? status : { ...status, role: 'follower', primary: null };
      },
    });
    const result = await runRepmgr(world, 'service pause', { nodeId: 2 });
    expect(result.status).toBe(0);
    expect(questions).toBe(4);
  });

  test('ends with 26 when the daemon of the primary is not to be found', async () => {
    const world = cluster();
    world.peers.daemons.delete(apiPortOf(1));
    const { status, stderr } = await runRepmgr(world, 'service pause', { nodeId: 2 });
    expect(status).toBe(26);
    expect(stderr).toContain('the repmgrd of the primary (node ID: 1) does not answer');
    world.peers.daemons.clear();
    const nobody = await runRepmgr(world, 'service pause', { nodeId: 2 });
    expect(nobody).toMatchObject({ status: 26, stderr: expect.stringContaining('no repmgrd answers') });
  });

  test('asks the local daemon when the local database is down and the key is kept', async () => {
    const world = cluster();
    world.server(1).state = 'down';
    world.files.set('/data/node1.repmgr/cluster-key', `${world.peers.clusterKey}\n`);
    const daemon = world.peers.daemons.get(apiPortOf(1));
    if (daemon !== undefined) daemon.answer = () => ({ ok: true });
    const { status, stderr } = await runRepmgr(world, 'service unpause', { nodeId: 1 });
    expect(status).toBe(0);
    expect(stderr).toContain('WARNING: the database of this node, "node1" (ID: 1), cannot be reached');
  });

  test('ends with 6 when the local database is down and no repmgrd can be asked instead', async () => {
    const world = cluster();
    world.server(1).state = 'down';
    const unknown = await runRepmgr(world, 'service pause', { nodeId: 1 });
    expect(unknown.status).toBe(6);
    expect(unknown.stderr).toContain('this node has not stored the key');
    world.files.set('/data/node1.repmgr/cluster-key', `${world.peers.clusterKey}\n`);
    world.peers.daemons.clear();
    const silent = await runRepmgr(world, 'service pause', { nodeId: 1 });
    expect(silent).toMatchObject({ status: 6, stderr: expect.stringContaining('no repmgrd answers') });
  });

  test('says what to do when there is no cluster key', async () => {
    const world = cluster();
    world.database.clusterKey = undefined;
    const { status, stderr } = await runRepmgr(world, 'service pause', { nodeId: 2 });
    expect(status).toBe(1);
    expect(stderr).toContain('HINT: run "repmgr primary register --force"');
  });
});
