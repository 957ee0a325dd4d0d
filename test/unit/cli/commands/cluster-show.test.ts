import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../../src/domain/node.ts';
import { FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { createFakeDatabase } from '../../../fakes/fake-database.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

const two = () => new FakeCluster([nodeRecord(1), nodeRecord(2)]);
const three = () =>
  new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3, { location: 'dc b', priority: 50 })]);
const show = (cluster: FakeCluster, options = '') =>
  runRepmgr(cluster, `cluster show ${options}`, { nodeId: 2 });

/** The row of a node in the compact table. */
async function rowOf(cluster: FakeCluster, nodeId: number): Promise<string | undefined> {
  const { stdout } = await runRepmgr(cluster, 'cluster show --compact', { nodeId: 2 });
  return stdout.split('\n').find((line) => line.startsWith(` ${nodeId} `));
}

describe('cluster show', () => {
  test('prints the table that scripts know', async () => {
    const { status, stdout, stderr } = await show(two());
    expect(stdout).toBe(
      [
        ' ID | Name  | Role    | Status    | Upstream | Location | Priority | Timeline | Connection string                                                    ',
        '----+-------+---------+-----------+----------+----------+----------+----------+-----------------------------------------------------------------------',
        ' 1  | node1 | primary | * running |          | default  | 100      | 1        | host=127.0.0.1 port=55201 user=repmgr dbname=repmgr connect_timeout=2',
        ' 2  | node2 | standby |   running | node1    | default  | 100      | 1        | host=127.0.0.1 port=55202 user=repmgr dbname=repmgr connect_timeout=2',
        '',
      ].join('\n'),
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('prints a narrower one with --compact', async () => {
    expect((await show(two(), '--compact')).stdout).toBe(
      [
        ' ID | Name  | Role    | Status    | Upstream | Location | Prio. | TLI',
        '----+-------+---------+-----------+----------+----------+-------+-----',
        ' 1  | node1 | primary | * running |          | default  | 100   | 1   ',
        ' 2  | node2 | standby |   running | node1    | default  | 100   | 1   ',
        '',
      ].join('\n'),
    );
  });

  test('closes every connection', async () => {
    const cluster = three();
    await show(cluster);
    expect(cluster.connections).toHaveLength(4);
    expect(cluster.connections.every((connection) => !connection.isOpen())).toBe(true);
  });

  test('shows an unreachable standby', async () => {
    const cluster = three();
    cluster.server(3).state = 'down';
    expect(await rowOf(cluster, 3)).toBe(
      ' 3  | node3 | standby | ? unreachable | ? node1  | dc b     | 50    |     ',
    );
    const { status, stdout, stderr } = await show(cluster);
    expect(status).toBe(25);
    expect(stdout.endsWith('\n\n')).toBe(true);
    expect(stderr).toContain('WARNING:');
    expect(stderr).toContain('unable to connect to node "node3" (ID: 3)\n');
    expect((await show(cluster, '--verbose')).stderr).toContain('(ID: 3): connection to port 55203 refused');
    const terse = await show(cluster, '--terse');
    expect(terse).toMatchObject({ status: 25, stderr: '' });
    expect(terse.stdout.endsWith('\n\n')).toBe(false);
  });

  test('shows an unreachable primary, and that its standbys cannot be judged', async () => {
    const cluster = three();
    cluster.server(1).state = 'down';
    expect(await rowOf(cluster, 1)).toBe(
      ' 1  | node1 | primary | ? unreachable | ?        | default  | 100   |     ',
    );
    expect(await rowOf(cluster, 2)).toBe(
      ' 2  | node2 | standby |   running     | ? node1  | default  | 100   | 1   ',
    );
    expect((await show(cluster)).status).toBe(25);
  });

  test('shows a standby that was promoted behind the back of the cluster', async () => {
    const cluster = three();
    cluster.server(3).recoveryState = 'primary';
    cluster.server(1).replicationRows = [];
    cluster.server(1).attach('node2');
    expect(await rowOf(cluster, 3)).toBe(
      ' 3  | node3 | standby | ! running as primary | ! node1  | dc b     | 50    | 1   ',
    );
    expect((await show(cluster, '--csv')).stdout).toBe('1,0,0\n2,0,1\n3,0,0\n');
  });

  test.each([
    ['primary', true, 'rejecting', '? running'],
    ['primary', false, 'rejecting', '! running'],
    ['primary', false, 'down', '- failed'],
    ['primary', false, 'up', '! running'],
    ['standby', true, 'rejecting', '? running'],
    ['standby', false, 'rejecting', '! running'],
    ['standby', false, 'down', '- failed'],
    ['standby', false, 'up', '! running'],
    ['witness', true, 'up', '* running'],
    ['witness', false, 'up', '! running'],
    ['witness', true, 'rejecting', '? rejected'],
    ['witness', false, 'rejecting', '! failed'],
    ['witness', true, 'down', '? unreachable'],
    ['witness', false, 'down', '- failed'],
  ] as const)('a %s, active %s and %s, is "%s"', async (type, active, state, wanted) => {
    const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3, { type, active })]);
    cluster.server(3).state = state;
    expect((await rowOf(cluster, 3))?.split('|')[3]?.trim()).toBe(wanted);
  });

  test.each([
    ['primary', 'standby', '! running as standby'],
    ['standby', 'primary', '! running as primary'],
  ] as const)('a registered %s in the state of a %s is "%s", active or not', async (type, actual, wanted) => {
    for (const active of [true, false]) {
      const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3, { type, active })]);
      cluster.server(3).recoveryState = actual;
      expect((await rowOf(cluster, 3))?.split('|')[3]?.trim()).toBe(wanted);
    }
  });

  test('a node that does not tell its recovery state is unknown', async () => {
    const cluster = three();
    cluster.server(3).brokenQuestions.add('recoveryState');
    expect((await rowOf(cluster, 3))?.split('|')[3]).toBe(' ! unknown ');
    expect((await show(cluster, '--csv')).stdout).toContain('3,0,-1\n');
  });

  test.each([
    ['catchup', '? node1', 'WAL is not being streamed'],
    ['absent', '! node1', 'is not attached to its upstream "node1"'],
  ])('a standby in state %s of its upstream has upstream "%s"', async (state, cell, warning) => {
    const cluster = two();
    cluster.server(1).replicationRows = [];
    if (state !== 'absent') cluster.server(1).attach('node2', state);
    expect((await rowOf(cluster, 2))?.split('|')[4]?.trim()).toBe(cell);
    const { status, stderr } = await show(cluster);
    expect(status).toBe(25);
    expect(stderr).toContain(warning);
  });

  test('compares the upstream with what the node itself says', async () => {
    const cluster = three();
    const other = createFakeDatabase([nodeRecord(3, { upstreamNodeId: 2 as NodeId })]);
    cluster.server(3).database = other;
    expect((await rowOf(cluster, 3))?.split('|')[4]?.trim()).toBe('! node2');
    expect((await show(cluster)).stderr).toContain('reports another upstream ("node2", ID: 2)');
    other.nodes = [nodeRecord(3, { upstreamNodeId: null })];
    expect((await rowOf(cluster, 3))?.split('|')[4]?.trim()).toBe('!');
    other.nodes = [];
    expect((await rowOf(cluster, 3))?.split('|')[4]?.trim()).toBe('? node1');
  });

  test('shows a witness without timeline, and whether its primary is there', async () => {
    const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3, { type: 'witness' })]);
    expect(await rowOf(cluster, 3)).toBe(
      ' 3  | node3 | witness | * running | node1    | default  | 100   | n/a ',
    );
    cluster.server(1).state = 'down';
    expect((await rowOf(cluster, 3))?.split('|')[4]?.trim()).toBe('? node1');
  });

  test('shows "?" for a timeline that cannot be read', async () => {
    const cluster = two();
    cluster.server(2).brokenQuestions.add('controlState');
    expect(await rowOf(cluster, 2)).toMatch(/\| \? {3}$/);
  });

  test('warns of paused replay with WAL waiting', async () => {
    const cluster = two();
    const server = cluster.server(2);
    Object.assign(server, { isReplayPaused: true, replayedLsn: 1n });
    const { status, stderr } = await show(cluster);
    expect(status).toBe(25);
    expect(stderr).toContain('replay is paused on node "node2" (ID: 2)');
  });

  test('gives JSON with everything', async () => {
    const { status, stdout } = await show(two(), '--json');
    expect(status).toBe(0);
    const { nodes, warnings } = JSON.parse(stdout);
    expect(warnings).toEqual([]);
    expect(nodes[1]).toMatchObject({
      nodeId: 2,
      status: 'running',
      healthy: true,
      attachment: 'attached',
      timeline: 1,
    });
  });

  test('uses colour on a terminal only', async () => {
    const { stdout } = await runRepmgr(two(), 'cluster show', { nodeId: 2, isTerminal: true });
    expect(stdout).toContain('[32m* running');
  });

  test('ends with 6 without the local database, and 1 without metadata', async () => {
    const cluster = two();
    cluster.server(2).state = 'down';
    expect(await show(cluster)).toMatchObject({ status: 6, stdout: '' });
    const empty = two();
    empty.database.schema = undefined;
    expect(await show(empty)).toMatchObject({ status: 1, stdout: '' });
    const unregistered = two();
    unregistered.database.nodes = [];
    expect(await show(unregistered)).toMatchObject({ status: 1, stdout: '' });
  });
});
