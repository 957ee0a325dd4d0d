import { runSimulation } from '../test/simulation/world/run-simulation.ts';

/** `npm run simulate -- --runs N [--seed S] [--trace]`: N random runs from seed S on, or one with its log. */
function option(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
}

const runs = Number(option('runs') ?? (option('seed') === undefined ? 300 : 1));
const firstSeed = Number(option('seed') ?? 1);
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(firstSeed)) {
  console.error('usage: npm run simulate -- [--runs N] [--seed S] [--faults MS] [--trace]');
  process.exit(1);
}

const faults = option('faults');
const startedAt = performance.now();
const failed: number[] = [];
for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
  const result = runSimulation(seed, faults === undefined ? {} : { faultsMs: Number(faults) });
  if (process.argv.includes('--trace')) console.log(result.log.join('\n'));
  if (result.violation === null) continue;
  failed.push(seed);
  console.log(`seed ${seed}: ${result.violation}`);
}
const seconds = (performance.now() - startedAt) / 1_000;
console.log(`${runs - failed.length} of ${runs} runs kept every invariant (${seconds.toFixed(1)} s)`);
if (failed.length > 0) {
  console.log(`replay one: npm run simulate -- --seed ${failed[0]} --trace`);
  process.exitCode = 1;
}
