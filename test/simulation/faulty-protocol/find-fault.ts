import { searchSeeds } from '../seed-pool.ts';
import { buildFaultyTree, type FaultyTree } from './faulty-tree.ts';
import type { ProtocolFault } from './protocol-fault.ts';

export interface Finding {
  readonly fault: ProtocolFault;
  /** Null: every run kept every invariant. */
  readonly found: { readonly seed: number; readonly violation: string } | null;
  /** Until the first violation, it included. */
  readonly runs: number;
  readonly seconds: number;
}

/** As long as the test of the unharmed protocol injects faults. */
const faultsMs = 25_000;

/** Sources without a fault, for comparison. */
const unharmed: ProtocolFault = { name: 'none', rule: '', what: '', edits: [], maxRuns: 0 };

/**
 * Runs the simulation with one fault in the protocol until an invariant is violated that the unharmed protocol keeps
 * in the same run.
 */
async function findFault(fault: ProtocolFault, control: FaultyTree): Promise<Finding> {
  const startedMs = performance.now();
  const endSeed = fault.maxRuns;
  const tree = await buildFaultyTree(fault);
  const search = { processes: 1, faultsMs, isFirstEnough: true };
  try {
    for (let firstSeed = 1; firstSeed <= endSeed; ) {
      const { program } = tree;
      const { violations } = await searchSeeds({
        ...search,
        program,
        firstSeed,
        runs: endSeed - firstSeed + 1,
      });
      const [first] = violations;
      if (first === undefined) break;
      const { seed, text } = first;
      const same = await searchSeeds({ ...search, program: control.program, firstSeed: seed, runs: 1 });
      const seconds = (performance.now() - startedMs) / 1_000;
      if (same.violations.length === 0)
        return { fault, found: { seed, violation: text }, runs: seed, seconds };
      firstSeed = seed + 1;
    }
    return { fault, found: null, runs: endSeed, seconds: (performance.now() - startedMs) / 1_000 };
  } finally {
    tree.remove();
  }
}

/** Looks for faults side by side, one per processor. */
export async function findFaults(
  faults: readonly ProtocolFault[],
  { lanes, onFinding }: { readonly lanes: number; readonly onFinding: (finding: Finding) => void },
): Promise<void> {
  const waiting = [...faults];
  const control = await buildFaultyTree(unharmed);
  const work = async () => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
      onFinding(await findFault(fault, control));
  };
  try {
    await Promise.all(Array.from({ length: lanes }, work));
  } finally {
    control.remove();
  }
}
