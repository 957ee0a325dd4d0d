import { describe, expect, it } from 'vitest';
import { World } from './world/world.ts';

const leaseMs = 3_000;
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

function healthyCluster(seed: number): World {
  const conditions = { slowDiskProbability: 0, promoteFailure: 0, promoteHang: 0, operationMs: 1 };
  const world = new World({ seed, nodes: 3, leaseMs, conditions });
  world.network.slowProbability = 0;
  do world.run(world.clock.nowMs + 500);
  while (!world.checkers.isHealthy() && world.clock.nowMs < 20_000);
  world.checkers.atEnd();
  world.outageMs = 0;
  return world;
}

function isolate(world: World): void {
  for (const other of [2, 3]) {
    world.network.block(1, other);
    world.network.block(other, 1);
  }
}

const primaries = (world: World) =>
  world.nodes.filter((node) => node.server.isWritable).map((node) => node.nodeId);

function untilWritable(world: World, nodeIds: readonly number[]): number {
  const startMs = world.clock.nowMs;
  while (world.clock.nowMs < startMs + 20_000) {
    world.run(world.clock.nowMs + 1);
    if (primaries(world).some((id) => nodeIds.includes(id))) return world.clock.nowMs - startMs;
  }
  return Number.POSITIVE_INFINITY;
}

describe('the guardian', () => {
  it.each([true, false])('keeps a healthy primary whose daemon is dead open (traffic: %s)', (hasTraffic) => {
    for (const seed of seeds) {
      const world = healthyCluster(seed);
      world.hasTraffic = hasTraffic;
      world.node(1).crashDaemon();
      world.run(world.clock.nowMs + 20_000);
      expect(primaries(world)).toEqual([1]);
      world.node(1).start();
      world.run(world.clock.nowMs + 10_000);
      world.checkers.atEnd();
      expect(world.outageMs, `seed ${seed}`).toBe(0);
    }
  });

  it('keeps a healthy primary open whose daemon stands still for several leases', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed);
      world.node(1).stall(4 * leaseMs);
      world.run(world.clock.nowMs + 6 * leaseMs);
      world.checkers.atEnd();
      expect(primaries(world)).toEqual([1]);
      expect(world.outageMs, `seed ${seed}`).toBe(0);
    }
  });

  it.each([
    ['dead', (world: World) => world.node(1).crashDaemon()],
    ['frozen', (world: World) => world.node(1).stall(4 * leaseMs)],
  ])('fences a cut-off primary whose daemon is %s before another opens', (_, harm) => {
    for (const seed of seeds) {
      const world = healthyCluster(seed);
      harm(world);
      isolate(world);
      // I1 is looked at after each event. A standby that has heard a heartbeat looks for new WAL once in 325 ms.
      expect(untilWritable(world, [2, 3]), `seed ${seed}`).toBeLessThan(leaseMs + 750);
      expect(primaries(world)).not.toContain(1);
      world.run(world.clock.nowMs + 4 * leaseMs);
      world.network.heal();
      world.node(1).start();
      world.run(world.clock.nowMs + 15_000);
      world.checkers.atEnd();
    }
  });

  it('says at once that both are dead: nobody waits for the lease', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed);
      world.node(1).crashDaemon();
      world.node(1).server.stop();
      expect(untilWritable(world, [2, 3]), `seed ${seed}`).toBeLessThan(450);
    }
  });
});
