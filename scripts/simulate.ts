import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSeedProgram, searchSeeds } from '../test/simulation/seed-pool.ts';
import { runSimulation } from '../test/simulation/world/run-simulation.ts';

const help = `npm run simulate [-- --runs N --seed S --faults MS --trace --processes N]

The failover protocol in random worlds; a run is determined by its seed.

  --runs N       so many runs (default 300; with --seed 1)
  --seed S       from this seed on (default 1)
  --faults MS    inject faults for so many virtual milliseconds (default 45000; the test: 25000)
  --trace        print what happened, a line per decision and fault
  --processes N  default: one per processor
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    faults: { type: 'string' },
    trace: { type: 'boolean', default: false },
    processes: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false, short: 'h' },
  },
});

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`--${name} ${text} is no count from 1 on`);
  return number;
}

const runs = count('runs', values.runs ?? (values.seed === undefined ? '300' : '1'));
const firstSeed = count('seed', values.seed ?? '1');
const faultsMs = values.faults === undefined ? null : count('faults', values.faults);

function trace(): void {
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const { log } = runSimulation(seed, faultsMs === null ? {} : { faultsMs });
    console.log(log.join('\n'));
  }
}

function replayCommand(seed: number): string {
  const faults = faultsMs === null ? '' : ` --faults ${faultsMs}`;
  return `npm run simulate --${faults} --seed ${seed} --trace`;
}

async function runAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'repmgr-simulation-'));
  const processes = Math.min(count('processes', values.processes), Math.ceil(runs / 25));
  try {
    const program = join(folder, 'run-seeds.mjs');
    await buildSeedProgram(join(import.meta.dirname, '..'), program);
    const startedMs = performance.now();
    const perSecond = (done: number) => Math.round(done / ((performance.now() - startedMs) / 1_000));
    const onProgress = (done: number) => {
      if (done % 10_000 === 0) console.log(`${done} runs, ${perSecond(done)} a second`);
    };
    const { violations } = await searchSeeds({ program, firstSeed, runs, processes, faultsMs, onProgress });
    for (const { seed, text } of violations) console.log(`seed ${seed}: ${text}`);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    const kept = `${runs - violations.length} of ${runs} runs kept every invariant`;
    console.log(`${kept} (${seconds} s, ${perSecond(runs)} a second in ${processes} processes)`);
    const [first] = violations;
    if (first === undefined) return;
    console.log(`replay one: ${replayCommand(first.seed)}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.help) console.log(help.trimEnd());
else if (values.trace) trace();
else await runAll();
