import { describe, expect, it } from 'vitest';
import { hangServer } from './world/hang-faults.ts';
import { healEverything, tendRegularly } from './world/heal.ts';
import type { SimulatedNode } from './world/simulated-node.ts';
import { World } from './world/world.ts';

const leaseMs = 3_000;
/** A look is due each second or so and has no answer for half of one; killing, token and promotion follow the lease. */
const limitMs = 1_500 + 500 + leaseMs + 1_500;
const seeds = Array.from({ length: 25 }, (_, index) => index + 1);

function healthyCluster(seed: number, conditions = {}): World {
  const calm = { slowDiskProbability: 0, promoteFailure: 0, ...conditions };
  const world = new World({ seed, nodes: 3, leaseMs, conditions: calm });
  runUntilHealthy(world);
  return world;
}

function runUntilHealthy(world: World, limit = 60_000): void {
  const untilMs = world.clock.nowMs + limit;
  do world.run(world.clock.nowMs + 500);
  while (!world.checkers.isHealthy() && world.clock.nowMs < untilMs);
  world.checkers.atEnd();
}

function writable(world: World): readonly SimulatedNode[] {
  return world.nodes.filter((node) => node.server.takesWrites);
}

function primaryOf(world: World): SimulatedNode {
  const [primary] = writable(world);
  if (primary === undefined) throw new Error('there is no primary');
  return primary;
}

describe.each(['all', 'writes'] as const)('a primary whose PostgreSQL hangs (%s)', (hang) => {
  it('is killed, and another goes on within a lease and a little', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed);
      const hung = primaryOf(world);
      const { lives } = hung.server;
      hung.server.hang = hang;
      world.run(world.clock.nowMs + limitMs);
      const [winner] = writable(world);
      expect(winner, `seed ${seed}`).toBeDefined();
      expect(winner, `seed ${seed}`).not.toBe(hung);
      expect(hung.server.lives, `seed ${seed}`).toBeGreaterThan(lives);
      runUntilHealthy(world);
      expect(primaryOf(world)).toBe(winner);
    }
  });

  it('is left alone when it goes on in time', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed);
      const hung = primaryOf(world);
      const { lives } = hung.server;
      for (let times = 0; times < 4; times += 1) {
        hung.server.hang = hang;
        world.run(world.clock.nowMs + leaseMs - 200);
        hung.server.hang = 'none';
        world.run(world.clock.nowMs + 2_500);
      }
      world.checkers.atEnd();
      expect(hung.server.lives, `seed ${seed}`).toBe(lives);
      expect(primaryOf(world)).toBe(hung);
    }
  });

  it('is fenced by its lease where its network is cut as well', () => {
    for (const seed of seeds) {
      const world = healthyCluster(seed);
      const hung = primaryOf(world);
      for (const other of world.nodes) {
        if (other === hung) continue;
        world.network.block(hung.nodeId, other.nodeId, ['daemon', 'server']);
        world.network.block(other.nodeId, hung.nodeId, ['daemon', 'server']);
      }
      hung.server.hang = hang;
      world.run(world.clock.nowMs + 3 * leaseMs);
      expect(primaryOf(world), `seed ${seed}`).not.toBe(hung);
      world.network.heal();
      runUntilHealthy(world);
    }
  });
});

describe('servers that hang amidst other faults', () => {
  it('break no invariant, and all comes back', () => {
    for (const seed of [...seeds, ...seeds.map((one) => one + 100)]) {
      const world = healthyCluster(seed, { slowDiskProbability: 0.1, promoteFailure: 0.1 });
      for (let faults = 0; faults < 12; faults += 1) {
        const [primary] = world.nodes.filter((node) => node.server.isWritable);
        const node =
          primary !== undefined && world.random.chance(0.6) ? primary : world.random.pick(world.nodes);
        hangServer(world, node);
        world.run(world.clock.nowMs + world.random.between(10, 4_000));
        strike(world, world.random.chance(0.5) ? node : world.random.pick(world.nodes));
        world.run(world.clock.nowMs + world.random.between(10, 5_000));
      }
      healEverything(world);
      tendRegularly(world);
      runUntilHealthy(world, 90_000);
    }
  });
});

function strike(world: World, node: SimulatedNode): void {
  const { random, clock, network } = world;
  const strikes: readonly (() => void)[] = [
    () => node.pause(random.between(100, 6_000)),
    () => node.stall(random.between(100, 6_000)),
    () => node.crashServer(),
    () => {
      node.crashDaemon();
      clock.after(random.between(50, 5_000), () => node.start());
    },
    () => {
      node.crashHost();
      clock.after(random.between(500, 5_000), () => node.start());
    },
    () => {
      for (const other of world.nodes) {
        if (other !== node) network.block(node.nodeId, other.nodeId, ['daemon', 'server']);
      }
      clock.after(random.between(1_000, 8_000), () => network.heal());
    },
  ];
  random.pick(strikes)();
}
