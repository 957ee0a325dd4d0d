import { describe, expect, it } from 'vitest';
import { startStandby } from './world/faults.ts';
import { World } from './world/world.ts';

const leaseMs = 3_000;
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

function healthyCluster(seed: number, hasTraffic: boolean): World {
  const world = new World({ seed, nodes: 3, leaseMs, conditions: { slowDiskProbability: 0 } });
  world.hasTraffic = hasTraffic;
  do world.run(world.clock.nowMs + 500);
  while (!world.checkers.isHealthy() && world.clock.nowMs < 20_000);
  world.checkers.atEnd();
  return world;
}

const primaries = (world: World) => world.nodes.filter((node) => node.server.isWritable);

describe.each([
  ['with traffic', true],
  ['without traffic', false],
])('WAL as the second road, %s', (_, hasTraffic) => {
  it('keeps the primary open while the daemons of all standbys are stopped, for as long as it takes', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed, hasTraffic);
      for (const node of world.nodes) if (!node.server.isWritable) node.crashDaemon();
      world.outageMs = 0;
      world.run(world.clock.nowMs + 30_000);
      expect(primaries(world).map((node) => node.nodeId)).toEqual([1]);
      for (const node of world.nodes) node.start();
      world.run(world.clock.nowMs + 10_000);
      world.checkers.atEnd();
      expect(world.outageMs, `seed ${seed}`).toBe(0);
    }
  });

  it('keeps it open while only the ports of the daemons are cut', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed, hasTraffic);
      for (const other of [2, 3]) {
        world.network.block(1, other, ['daemon']);
        world.network.block(other, 1, ['daemon']);
      }
      world.outageMs = 0;
      world.run(world.clock.nowMs + 20_000);
      expect(primaries(world).map((node) => node.nodeId)).toEqual([1]);
      expect(world.outageMs, `seed ${seed}`).toBe(0);
    }
  });

  it('fences it when the standbys are gone as well, and elects when they are back', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed, hasTraffic);
      for (const nodeId of [2, 3]) {
        world.node(nodeId).crashDaemon();
        world.node(nodeId).server.stop();
      }
      world.run(world.clock.nowMs + leaseMs);
      expect(primaries(world), `seed ${seed}`).toEqual([]);
      for (const node of world.nodes) {
        node.start();
        startStandby(node);
      }
      world.run(world.clock.nowMs + 20_000);
      world.checkers.atEnd();
    }
  });
});
