import { expect, test } from 'vitest';
import { endReign } from '../../../../src/decisions/failover/end-reign.ts';
import type { DurableState } from '../../../../src/decisions/failover/state.ts';
import { id, primary, reign, reigns } from './core-fixture.ts';

const { durable } = primary();
const ended = (change: Partial<DurableState>, nodeId = 1) => endReign({ ...durable, ...change }, id(nodeId));

test('a primary ends the term it reigned in and is fenced from then on', () => {
  expect(ended({})).toEqual({ term: 3, change: { intent: 'fenced', endedReigns: [3] } });
});

test('a term in which it stood counts as well: it may have won', () => {
  expect(ended({ term: 5 })).toEqual({ term: 5, change: { intent: 'fenced', endedReigns: [3, 5] } });
});

test('a term in which it voted for another is not its own', () => {
  expect(ended({ term: 5, votedFor: id(2) })).toMatchObject({ term: 3 });
});

test('whoever neither reigned last nor stood since has nothing to end', () => {
  expect(ended({ votedFor: null, reigns: [...reigns, reign(4, 2, 3, 900, 2)] })).toBeNull();
  expect(ended({ votedFor: null }, 2)).toBeNull();
});

test('a standby that stood in vain stays a standby, and nothing is ended twice', () => {
  expect(ended({ intent: 'standby', endedReigns: [3] })?.change).toEqual({
    intent: 'standby',
    endedReigns: [3],
  });
});
