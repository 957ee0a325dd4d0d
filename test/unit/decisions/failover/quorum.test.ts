import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { majorityOf, majorityValue } from '../../../../src/decisions/failover/quorum.ts';

describe('majorityOf', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [6, 4],
    [7, 4],
  ])('of %i voters is %i', (voters, majority) => {
    expect(majorityOf(voters)).toBe(majority);
  });

  it('makes any two majorities share a voter, also across a change by one', () => {
    for (let voters = 1; voters < 20; voters += 1) {
      expect(2 * majorityOf(voters)).toBeGreaterThan(voters);
      expect(majorityOf(voters) + majorityOf(voters + 1)).toBeGreaterThan(voters + 1);
    }
  });
});

describe('majorityValue', () => {
  it('is the highest value that more than half have reached', () => {
    const values = fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(values, (reached) => {
        // The dumb way: try every value from the top.
        let expected: number | undefined;
        for (let value = 20; value >= 0 && expected === undefined; value -= 1) {
          if (reached.filter((entry) => entry !== undefined && entry >= value).length * 2 > reached.length)
            expected = value;
        }
        expect(majorityValue(reached)).toBe(expected);
      }),
    );
  });
});
