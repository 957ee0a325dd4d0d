import { describe, expect, it } from 'vitest';
import {
  comparePositions,
  lineageOf,
  mergeReigns,
  positionOf,
} from '../../../../src/decisions/failover/position.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import { end, reign } from './core-fixture.ts';

const switching = (timeline: number, lsn: number) => ({ ...end(timeline, lsn), isSwitching: true as const });
const at = (reignTerm: number, lsn: number) => ({ reignTerm, lsn: BigInt(lsn) as Lsn });

// Node 1 opens timeline 1, node 2 forks it at 500, then reigns again in place, node 3 forks that at 900.
const history = [reign(1, 1, 1, 0), reign(3, 2, 2, 500, 1), reign(4, 2, 2, 700), reign(6, 3, 3, 900, 2)];

describe('positionOf', () => {
  it.each([
    ['before any reign', end(1, 42), [], at(0, 42)],
    ['in the first reign', end(1, 42), history, at(1, 42)],
    ['past a fork, on the old timeline', end(1, 5_000), history, at(1, 5_000)],
    ['at the very fork', end(2, 500), history, at(3, 500)],
    ['before the second reign on a timeline', end(2, 699), history, at(3, 699)],
    ['in the second reign on a timeline', end(2, 700), history, at(4, 700)],
    ['in the last reign', end(3, 901), history, at(6, 901)],
    ['before the fork of its own timeline', end(3, 899), history, null],
    ['on a timeline of nobody', end(9, 901), history, null],
    ['sent to a timeline at its fork, with half a segment of it', switching(2, 500), history, at(1, 500)],
    ['sent to a timeline before its fork', switching(2, 480), history, at(1, 480)],
    ['sent two timelines on at once', switching(3, 650), history, at(3, 650)],
    ['past the fork, and receiving the segment again', switching(2, 501), history, at(3, 501)],
  ])('%s', (_, walEnd, reigns, expected) => {
    expect(positionOf(walEnd, reigns)).toEqual(expected);
  });
});

describe('comparePositions', () => {
  it.each([
    ['a newer reign beats more bytes', at(4, 1), at(3, 9_999), 1],
    ['within a reign more bytes win', at(3, 2), at(3, 1), 1],
    ['the same is the same', at(3, 2), at(3, 2), 0],
    ['an older reign loses', at(1, 9_999), at(3, 1), -1],
  ])('%s', (_, a, b, sign) => {
    expect(Math.sign(comparePositions(a, b))).toBe(sign);
    expect(Math.sign(comparePositions(b, a))).toBe(sign === 0 ? 0 : -sign);
  });
});

describe('lineageOf', () => {
  it.each([
    ['nothing is known', end(1, 5), [], { kind: 'prefix' }],
    ['on the timeline still written', end(3, 5_000), history, { kind: 'prefix' }],
    ['on its parent, before the fork', end(2, 900), history, { kind: 'prefix' }],
    ['on its grandparent, before the fork', end(1, 500), history, { kind: 'prefix' }],
    [
      'on its parent, past the fork',
      end(2, 950),
      history,
      { kind: 'diverged', forkLsn: 900n, divergedBytes: 50n },
    ],
    [
      'on its grandparent, past the fork',
      end(1, 600),
      history,
      { kind: 'diverged', forkLsn: 500n, divergedBytes: 100n },
    ],
  ])('%s', (_, walEnd, reigns, expected) => {
    expect(lineageOf(walEnd, reigns)).toEqual(expected);
  });

  it('calls a timeline of its own diverged even where nothing was written on it', () => {
    const left = [reign(1, 1, 1, 0), reign(2, 2, 2, 100, 1), reign(3, 1, 1, 400)];
    expect(lineageOf(end(2, 100), left)).toEqual({ kind: 'diverged', forkLsn: 100n, divergedBytes: 0n });
  });

  it('says unknown of a timeline of nobody', () => {
    expect(lineageOf(end(9, 1), history).kind).toBe('unknown');
  });

  it('leaves a reign out that never opened a timeline on the way to the latest', () => {
    const skipped = [reign(1, 1, 1, 0), reign(2, 2, 2, 100, 1), reign(3, 1, 1, 400)];
    expect(lineageOf(end(1, 450), skipped)).toEqual({ kind: 'prefix' });
    expect(lineageOf(end(2, 130), skipped)).toEqual({
      kind: 'diverged',
      forkLsn: 100n,
      divergedBytes: 30n,
    });
  });
});

describe('mergeReigns', () => {
  it('returns the same list when there is nothing new', () => {
    expect(mergeReigns(history, history.slice(1))).toBe(history);
  });

  it('orders by term and lets the newer line of a term count', () => {
    const corrected = reign(3, 2, 2, 510, 1);
    const merged = mergeReigns(history, [reign(5, 1, 4, 800, 2), corrected]);
    expect(merged.map((line) => line.term)).toEqual([1, 3, 4, 5, 6]);
    expect(merged[1]).toBe(corrected);
  });
});
