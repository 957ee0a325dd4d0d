import { describe, expect, it } from 'vitest';
import { learnReigns, withReigns } from '../../../../src/decisions/failover/learn-reigns.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import { id, reign, reigns, standby, startMs } from './core-fixture.ts';

const transition = () => new Transition(standby(), startMs, 0);

describe('learnReigns', () => {
  it('adds what is new and stores nothing when there is nothing', () => {
    const learning = transition();
    learnReigns(learning, reigns, id(3));
    learning.flush();
    expect(learning.effects).toEqual([]);
    learnReigns(learning, [reign(4, 3, 3, 900, 2)], null);
    expect(learning.state.durable.reigns.map((line) => line.term)).toEqual([1, 3, 4]);
  });

  it('lets only the primary of a reign correct its line', () => {
    const corrected = [reign(3, 1, 2, 480, 1)];
    expect(withReigns(transition(), corrected, id(3))).toBe(transition().state.durable.reigns);
    expect(withReigns(transition(), corrected, id(1)).at(-1)?.forkLsn).toBe(480n);
  });

  it('never takes a correction of an own reign', () => {
    const stale = [reign(1, 2, 1, 99)];
    expect(withReigns(transition(), stale, id(2))[0]?.forkLsn).toBe(0n);
  });
});
