import { InvariantViolated } from './checkers.ts';
import { healEverything, injectFault, startStandby } from './faults.ts';
import { World } from './world.ts';

export interface SimulationResult {
  readonly seed: number;
  readonly violation: string | null;
  readonly outageMs: number;
  readonly events: number;
  readonly log: readonly string[];
}

const settleMs = 8_000;
const faultsMs = 45_000;
const healMs = 60_000;

/** One run: the cluster forms, faults for three quarters of a minute, then peace, then a look at everything. */
export function runSimulation(seed: number): SimulationResult {
  const world = new World({ seed, nodes: seed % 3 === 0 ? 5 : 3 });
  const withPartitions = seed % 4 !== 1;
  let violation: string | null = null;
  try {
    world.run(settleMs);
    world.checkers.atEnd();
    scheduleFaults(world, withPartitions);
    world.run(settleMs + faultsMs);
    healEverything(world);
    superviseStandbys(world);
    world.run(settleMs + faultsMs + healMs);
    world.checkers.atEnd();
  } catch (error) {
    if (!(error instanceof InvariantViolated)) throw error;
    violation = error.message;
    world.note(`VIOLATION ${violation}`);
  }
  return { seed, violation, outageMs: world.outageMs, events: world.log.length, log: world.log };
}

function scheduleFaults(world: World, withPartitions: boolean): void {
  const delayMs = world.random.chance(0.3) ? world.random.between(10, 800) : world.random.between(800, 9_000);
  world.clock.after(delayMs, () => {
    if (world.clock.nowMs >= settleMs + faultsMs) return;
    injectFault(world, { withPartitions });
    scheduleFaults(world, withPartitions);
  });
}

function superviseStandbys(world: World): void {
  world.clock.after(1_000, () => {
    for (const node of world.nodes) startStandby(node);
    superviseStandbys(world);
  });
}
