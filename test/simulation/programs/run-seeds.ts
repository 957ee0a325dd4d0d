import { runSimulation } from '../world/run-simulation.ts';

/** What the process that started this one asks for; the answer is a `SeedAnswer`. */
export interface SeedRequest {
  readonly firstSeed: number;
  readonly runs: number;
  /** How long faults are injected in each run. */
  readonly faultsMs: number | null;
  /** No seed after the first that violates an invariant. */
  readonly isFirstEnough: boolean;
}

export interface Violation {
  readonly seed: number;
  readonly text: string;
}

export interface SeedAnswer {
  readonly runs: number;
  readonly violations: readonly Violation[];
}

function run({ firstSeed, runs, faultsMs, isFirstEnough }: SeedRequest): SeedAnswer {
  const violations: Violation[] = [];
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const { violation } = runSimulation(seed, faultsMs === null ? {} : { faultsMs });
    if (violation === null) continue;
    violations.push({ seed, text: violation });
    if (isFirstEnough) return { runs: seed - firstSeed + 1, violations };
  }
  return { runs, violations };
}

process.on('message', (request: SeedRequest) => process.send?.(run(request)));
