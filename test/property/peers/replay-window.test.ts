import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admitSequence, emptyReplayWindow, type ReplayWindow } from '../../../src/peers/replay-window.ts';

const windowSize = 256;
/** Numbers that rise slowly, jump, repeat and fall back, so that all borders of the window are met. */
const sequences = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
  { maxLength: 400 },
);

describe('the replay window', () => {
  test('admits a number exactly if it is new and fewer than 256 behind the highest', () => {
    fc.assert(
      fc.property(sequences, (numbers) => {
        const seen = new Set<number>();
        let highest = 0;
        let window: ReplayWindow = emptyReplayWindow;
        for (const number of numbers) {
          const expected = !seen.has(number) && number > highest - windowSize;
          const next = admitSequence(window, number);
          expect(next !== undefined, `${number} with highest ${highest}`).toBe(expected);
          if (next === undefined) continue;
          window = next;
          seen.add(number);
          highest = Math.max(highest, number);
        }
        expect(window.highest).toBe(highest);
      }),
    );
  });

  test('holds no more than 256 numbers', () => {
    let window: ReplayWindow = emptyReplayWindow;
    for (let number = 1; number <= 2_000; number++) window = admitSequence(window, number) ?? window;
    expect(window.seen).toBe((1n << 256n) - 1n);
  });
});
