import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../../src/domain/node.ts';
import { FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

const cluster = () =>
  new FakeCluster([
    nodeRecord(1),
    nodeRecord(2),
    nodeRecord(3),
    nodeRecord(4, { upstreamNodeId: 3 as NodeId }),
  ]);
const unregister = (world: FakeCluster, options = '', nodeId = 2) =>
  runRepmgr(world, `standby unregister ${options}`, { nodeId });

describe('standby unregister', () => {
  test.each([
    ['', 2],
    ['--node-id=4', 4],
    ['--node-name=node4', 4],
    ['--node-name=node2 --node-id=4', 4],
  ])('removes the right node (%s)', async (options, target) => {
    const world = cluster();
    expect(await unregister(world, options)).toMatchObject({ status: 0, stdout: '' });
    expect(world.database.nodes.map(({ nodeId }) => nodeId)).toEqual(
      [1, 2, 3, 4].filter((id) => id !== target),
    );
    expect(world.database.events).toMatchObject([
      { nodeId: target, event: 'standby_unregister', successful: true, details: null },
    ]);
    expect(world.database.daemons.some(({ nodeId }) => nodeId === target)).toBe(false);
  });

  test('removes nothing with --dry-run', async () => {
    const world = cluster();
    const { status, stderr } = await unregister(world, '--dry-run');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'INFO: would remove the record of node "node2" (ID: 2)\n',
    });
    expect(world.database.nodes).toHaveLength(4);
  });

  test.each([
    ['--node-id=1', 'is registered as primary, not as standby'],
    ['--node-id=3', 'other nodes have node "node3" (ID: 3) as their upstream: node "node4" (ID: 4)'],
    ['--node-id=9', 'there is no record of a node with ID 9'],
    ['--node-name=node9', 'there is no record of a node "node9"'],
  ])('refuses %s', async (options, problem) => {
    const world = cluster();
    const { status, stderr } = await unregister(world, options);
    expect(status).toBe(1);
    expect(stderr).toContain(problem);
    expect(world.database.nodes).toHaveLength(4);
  });

  test('ends with 1 without a primary, and 6 without the local database', async () => {
    const world = cluster();
    world.server(1).state = 'down';
    expect((await unregister(world)).status).toBe(1);
    world.server(2).state = 'down';
    expect((await unregister(world)).status).toBe(6);
  });
});
