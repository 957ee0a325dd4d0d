import { expect, it } from 'vitest';
import { countOf, describeDuration, joinNames } from '../../../../src/decisions/outlook/describe-amounts.ts';

it.each([
  [0, '0.0 s'],
  [3_400, '3.4 s'],
  [9_960, '10 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_200_000, '2 h'],
  [200_000_000, '2 days'],
])('%i ms are %s', (ms, text) => {
  expect(describeDuration(ms)).toBe(text);
});

it('counts and lists as people do', () => {
  expect([countOf(1, 'node'), countOf(2, 'node')]).toEqual(['1 node', '2 nodes']);
  expect([joinNames([]), joinNames(['a']), joinNames(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
  expect(joinNames(['a', 'b'], 'or')).toBe('a or b');
});
