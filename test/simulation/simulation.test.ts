import { describe, expect, it } from 'vitest';
import { runSimulation } from './world/run-simulation.ts';

const runs = 2_000;
const blocks = 8;

function failures(firstSeed: number, count: number): readonly string[] {
  const found: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const { violation } = runSimulation(seed, { faultsMs: 25_000 });
    if (violation === null) continue;
    found.push(`seed ${seed}: ${violation} (npm run simulate -- --faults 25000 --seed ${seed} --trace)`);
  }
  return found;
}

describe(`the protocol in ${runs} random worlds`, () => {
  it.each(Array.from({ length: blocks }, (_, block) => 1 + (block * runs) / blocks))(
    'keeps every invariant and heals, from seed %i on',
    (firstSeed) => {
      expect(failures(firstSeed, runs / blocks)).toEqual([]);
    },
  );

  it('replays a seed exactly', () => {
    expect(runSimulation(42).log).toEqual(runSimulation(42).log);
  });
});
