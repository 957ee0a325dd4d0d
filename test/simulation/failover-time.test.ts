import { describe, expect, it } from 'vitest';
import type { SimulatedNode } from './world/simulated-node.ts';
import { World } from './world/world.ts';

const leaseMs = 3_000;
const lan = {
  slowDiskProbability: 0,
  promoteFailure: 0,
  promoteHang: 0,
  restartFailure: 0,
  clockRateError: 0,
  // What PostgreSQL itself takes is left out of the bounds.
  operationMs: 1,
};

function healthyCluster(seed: number, nodes: number): World {
  const world = new World({ seed, nodes, leaseMs, conditions: lan });
  world.network.slowProbability = 0;
  do world.run(world.clock.nowMs + 500);
  while (!world.checkers.isHealthy() && world.clock.nowMs < 20_000);
  world.checkers.atEnd();
  return world;
}

/** Milliseconds of virtual time until another node, or the same one again, is writable. */
function untilWritable(world: World, among: (node: SimulatedNode) => boolean): number {
  const startMs = world.clock.nowMs;
  while (world.clock.nowMs < startMs + 20_000) {
    world.run(world.clock.nowMs + 1);
    if (world.nodes.some((node) => among(node) && node.server.isWritable)) return world.clock.nowMs - startMs;
  }
  return Number.POSITIVE_INFINITY;
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

describe.each([3, 4, 5])('in a healthy cluster of %i', (nodes) => {
  it('another node is writable within a lease and 400 ms after the host of the primary was lost', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed, nodes);
      world.node(1).crashDaemon();
      world.node(1).server.stop();
      const outageMs = untilWritable(world, (node) => node.nodeId !== 1);
      expect(outageMs, `seed ${seed}`).toBeLessThan(leaseMs + 400);
    }
  });

  it('another node is writable within 400 ms after the host has said that both are gone', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed, nodes);
      world.node(1).crashDaemon();
      world.node(1).server.stop();
      world.sayFarewell(world.node(1));
      const outageMs = untilWritable(world, (node) => node.nodeId !== 1);
      expect(outageMs, `seed ${seed}`).toBeLessThan(400);
    }
  });

  it('some node is writable within 250 ms, and the server’s own time, after PostgreSQL crashed', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed, nodes);
      world.node(1).crashServer();
      const outageMs = untilWritable(world, () => true);
      expect(outageMs, `seed ${seed}`).toBeLessThan(250);
    }
  });
});
