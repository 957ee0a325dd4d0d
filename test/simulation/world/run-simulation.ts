import type { CoreParameters } from '../../../src/decisions/failover/state.ts';
import { InvariantViolated } from './checkers.ts';
import { type FaultPlan, hostFaults, injectFault, operations, partitions } from './faults.ts';
import { healEverything, tendRegularly } from './heal.ts';
import { Random } from './random.ts';
import { World, type WorldOptions } from './world.ts';

export interface SimulationResult {
  readonly seed: number;
  readonly violation: string | null;
  readonly outageMs: number;
  readonly events: number;
  readonly log: readonly string[];
}

export interface SimulationOptions {
  /** How long faults are injected. */
  readonly faultsMs?: number;
}

const formLimitMs = 20_000;
const healLimitMs = 90_000;
const lookEveryMs = 1_000;

interface Scenario {
  readonly world: WorldOptions;
  readonly plan: FaultPlan;
  /** How long the pauses between two faults are, at most. */
  readonly quietMs: number;
  readonly lateCopies: boolean;
  readonly hasTraffic: boolean;
}

/** One run: the cluster forms, faults come, then peace, then a look at everything. */
export function runSimulation(seed: number, options: SimulationOptions = {}): SimulationResult {
  const scenario = scenarioOf(seed);
  const world = new World(scenario.world);
  if (scenario.lateCopies) world.network.lateCopyProbability = 0.7;
  world.hasTraffic = scenario.hasTraffic;
  let violation: string | null = null;
  try {
    runUntilHealthy(world, formLimitMs);
    const endMs = world.clock.nowMs + (options.faultsMs ?? 45_000);
    scheduleFaults(world, scenario, endMs);
    world.run(endMs);
    healEverything(world);
    tendRegularly(world);
    runUntilHealthy(world, healLimitMs);
    // Healthy is to stay healthy.
    world.run(world.clock.nowMs + 2_000);
    runUntilHealthy(world, 10_000);
  } catch (error) {
    if (!(error instanceof InvariantViolated)) throw error;
    violation = error.message;
    world.note(`VIOLATION ${violation}`);
  }
  return { seed, violation, outageMs: world.outageMs, events: world.log.length, log: world.log };
}

/** One node may be unlike the others. */
const specialities = {
  plain: {},
  manual: { isFailoverAutomatic: false },
  priority: { priority: 0 },
  witness: { isWitness: true },
} satisfies Record<string, Partial<CoreParameters>>;

/** What kind of cluster and of misery a seed stands for. */
function scenarioOf(seed: number): Scenario {
  const random = new Random(seed * 7_919 + 17);
  const nodes = random.pick([3, 3, 4, 5, 5]);
  const withOperators = random.chance(0.4);
  const isHarsh = random.chance(0.5);
  const special = random.between(1, nodes);
  const kind = random.pick(['plain', 'plain', 'manual', 'priority', 'witness', 'witness'] as const);
  const heartbeatIntervalMs = random.pick([250, 250, 500, 900]);
  return {
    world: {
      seed,
      nodes,
      ...(withOperators && random.chance(0.6) ? { registered: random.pick([1, nodes - 1, 3]) } : {}),
      parameters: (nodeId) => ({
        heartbeatIntervalMs,
        ...(nodeId === Math.ceil(special) && nodeId !== 1 ? specialities[kind] : {}),
      }),
      conditions: isHarsh
        ? {
            slowDiskProbability: random.between(0, 0.3),
            slowDiskMs: random.between(50, 900),
            promoteFailure: random.between(0, 0.3),
            promoteHang: random.between(0, 0.15),
            restartFailure: random.between(0, 0.7),
            clockRateError: 0.01,
            observationMs: random.chance(0.5) ? random.between(30, 300) : null,
          }
        : { isPromotionSlow: random.chance(0.15) },
    },
    plan: planOf(random, withOperators),
    quietMs: random.pick([9_000, 4_000, 1_500, 1_500]),
    lateCopies: isHarsh,
    hasTraffic: random.chance(0.7),
  };
}

/** In half of the worlds only a few kinds of faults, which then meet more often than among all of them. */
function planOf(random: Random, withOperators: boolean): FaultPlan {
  const kinds = [
    ...hostFaults,
    ...(random.chance(0.75) ? partitions : []),
    ...(withOperators ? operations : []),
  ];
  const few = Array.from({ length: Math.floor(random.between(2, 6)) }, () => random.pick(kinds));
  return { kinds: random.chance(0.5) ? few : kinds, primaryBias: random.pick([0.1, 0.3, 0.5, 0.8]) };
}

function runUntilHealthy(world: World, limitMs: number): void {
  const endMs = world.clock.nowMs + limitMs;
  do world.run(world.clock.nowMs + lookEveryMs);
  while (!world.checkers.isHealthy() && world.clock.nowMs < endMs);
  world.checkers.atEnd();
}

function scheduleFaults(world: World, scenario: Scenario, endMs: number): void {
  const { random } = world;
  const delayMs = random.chance(0.3) ? random.between(10, 800) : random.between(800, scenario.quietMs);
  world.clock.after(delayMs, () => {
    if (world.clock.nowMs >= endMs) return;
    injectFault(world, scenario.plan);
    scheduleFaults(world, scenario, endMs);
  });
}
