import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { build } from 'esbuild';
import type { SeedAnswer, SeedRequest, Violation } from './programs/run-seeds.ts';

/** Enough that asking costs nothing, few enough that all processes end at about the same time. */
const blockOfSeeds = 25;

/** A single block takes seconds; a core that goes round in circles must not hold up everything. */
const blockLimitMs = 180_000;

export interface SeedSearch {
  /** The bundled `programs/run-seeds.ts`. */
  readonly program: string;
  readonly firstSeed: number;
  readonly runs: number;
  readonly processes: number;
  readonly faultsMs: number | null;
  /** Ends with the lowest seed that violates an invariant. */
  readonly isFirstEnough?: boolean;
  readonly onProgress?: (runsDone: number) => void;
}

/** Bundled: a third faster than run from its sources, and as they were at this moment. */
export async function buildSeedProgram(tree: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [`${tree}/test/simulation/programs/run-seeds.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
}

/** Runs seeds in processes of their own; the same seeds give the same answer, however many processes there are. */
export async function searchSeeds(search: SeedSearch): Promise<SeedAnswer> {
  const endSeed = search.firstSeed + search.runs;
  const found: Violation[] = [];
  let nextSeed = search.firstSeed;
  let done = 0;
  const isFound = () => search.isFirstEnough === true && found.length > 0;
  const work = async (child: ChildProcess) => {
    // Blocks are given out in order, so whatever comes before a violation is under way or done.
    while (nextSeed < endSeed && !isFound()) {
      const firstSeed = nextSeed;
      const runs = Math.min(blockOfSeeds, endSeed - firstSeed);
      nextSeed += runs;
      const { faultsMs, isFirstEnough = false } = search;
      const answer = await ask(child, { firstSeed, runs, faultsMs, isFirstEnough });
      found.push(...answer.violations);
      done += answer.runs;
      search.onProgress?.(done);
    }
  };
  const children = Array.from({ length: search.processes }, () => fork(search.program, { execArgv: [] }));
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
  const violations = found.toSorted((a, b) => a.seed - b.seed);
  const first = violations[0];
  if (search.isFirstEnough !== true || first === undefined) return { runs: done, violations };
  return { runs: first.seed - search.firstSeed + 1, violations: [first] };
}

async function ask(child: ChildProcess, request: SeedRequest): Promise<SeedAnswer> {
  const { firstSeed, runs } = request;
  const seeds = `seeds ${firstSeed} to ${firstSeed + runs - 1}`;
  const signal = AbortSignal.timeout(blockLimitMs);
  const ended = new AbortController();
  const exited = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error(`the process that ran ${seeds} has died; see its output above`);
  });
  try {
    child.send(request);
    const [answer] = (await Promise.race([once(child, 'message', { signal }), exited])) as [SeedAnswer];
    return answer;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`${seeds} did not come to an end within ${blockLimitMs / 1_000} s`, { cause: error });
  } finally {
    exited.catch(() => {});
    ended.abort();
  }
}
