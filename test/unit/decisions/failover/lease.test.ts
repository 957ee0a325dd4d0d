import { describe, expect, it } from 'vitest';
import {
  boundByLease,
  fenceAtMs,
  holdsLease,
  leaseMarginMs,
  ownLeaseUntilMs,
  ownsLatestTerm,
  startWaitMs,
  walStillMs,
} from '../../../../src/decisions/failover/lease.ts';
import type { CoreState } from '../../../../src/decisions/failover/state.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import {
  configuration,
  id,
  leaseMs,
  primary,
  reign,
  reigns,
  standby,
  startMs,
  voter,
} from './core-fixture.ts';

const margin = leaseMarginMs(leaseMs);
const bound = (state: CoreState, nowMs: number, candidate: number) =>
  boundByLease(new Transition(state, nowMs, 0), candidate);

describe('the lease of the primary', () => {
  it('keeps 2 % and 50 ms as margin', () => {
    expect(leaseMarginMs(3_000)).toBe(110);
  });

  it.each([
    ['both others acknowledged', { 2: startMs - 10, 3: startMs - 20 }, startMs - 10 + leaseMs],
    ['one other acknowledged', { 2: startMs - 500 }, startMs - 500 + leaseMs],
    ['nobody acknowledged', {}, undefined],
  ])('runs from the round that a majority has: %s', (_, acknowledgedAtMs, expected) => {
    expect(ownLeaseUntilMs(primary({ reign: { acknowledgedAtMs } }), startMs)).toBe(expected);
  });

  it('needs three of five', () => {
    const voters = [1, 2, 3, 4, 5].map((nodeId) => voter(nodeId));
    const state = primary({
      durable: { configuration: { ...configuration, voters } },
      reign: { acknowledgedAtMs: { 2: startMs - 100, 3: startMs - 900 } },
    });
    expect(ownLeaseUntilMs(state, startMs)).toBe(startMs - 900 + leaseMs);
  });

  it('does not count acknowledgements of nodes that are no voters', () => {
    const state = primary({ reign: { acknowledgedAtMs: { 8: startMs, 9: startMs } } });
    expect(ownLeaseUntilMs(state, startMs)).toBeUndefined();
  });

  it('does not count rounds from before a jump', () => {
    const state = primary({ reign: { ignoreSentBeforeMs: startMs + 1 } });
    expect(ownLeaseUntilMs(state, startMs)).toBeUndefined();
  });

  it('is given up while there is time left for the fence', () => {
    const state = primary();
    const fenceAt = startMs + leaseMs - margin - 700;
    expect(fenceAtMs(state, startMs)).toBe(fenceAt);
    expect(holdsLease(state, fenceAt - 1)).toBe(true);
    expect(holdsLease(state, fenceAt)).toBe(false);
  });

  it('lets a grace period pass where one was given', () => {
    const state = primary({ reign: { acknowledgedAtMs: {}, graceUntilMs: startMs + 70 } });
    expect(fenceAtMs(state, startMs)).toBe(startMs + 70);
  });

  it('is none without a reign', () => {
    expect(holdsLease(standby(), startMs)).toBe(false);
  });
});

describe('the promise of a voter', () => {
  const promised = standby({ state: { lease: { holder: id(1), term: 3, untilMs: startMs + 10 } } });

  it('binds it until its end, and not for the holder', () => {
    expect(bound(promised, startMs + 9, 3)).toContain('promised to node 1');
    expect(bound(promised, startMs + 9, 1)).toBeNull();
    expect(bound(promised, startMs + 10, 3)).toBeNull();
  });

  it('is prolonged by WAL that comes from the primary', () => {
    const state = standby({ state: { walMovedAtMs: startMs } });
    expect(bound(state, startMs + leaseMs - 1, 3)).toContain('WAL');
    expect(bound(state, startMs + leaseMs, 3)).toBeNull();
    expect(bound(state, startMs + 1, 1)).toBeNull();
  });

  it('measures how long WAL has been still', () => {
    expect(walStillMs(standby({ state: { walMovedAtMs: startMs - 7 } }), startMs)).toBe(7);
    expect(walStillMs(standby({ state: { walMovedAtMs: null } }), startMs)).toBeNull();
  });
});

describe('startWaitMs', () => {
  it.each([
    ['not listening', { listeningSinceMs: null }, {}, Number.POSITIVE_INFINITY],
    ['not reaching itself', { reachesItself: false }, {}, Number.POSITIVE_INFINITY],
    ['just started', { listeningSinceMs: startMs }, {}, leaseMs],
    ['started long ago', {}, {}, 0],
    ['a longer lease was promised once', { listeningSinceMs: startMs }, { longestLeaseMs: 9_000 }, 9_000],
  ])('%s', (_, state, durable, expected) => {
    expect(startWaitMs(standby({ state, durable }), startMs)).toBe(expected);
  });
});

describe('ownsLatestTerm', () => {
  it.each([
    ['own reign, own vote', { votedFor: id(1) }, true],
    ['own reign, no vote', { votedFor: null }, true],
    ['a vote for another in that term', { votedFor: id(2) }, false],
    ['a newer term was heard of', { term: 4, votedFor: null }, false],
    ['the latest reign is another node’s', { reigns: [...reigns, reign(4, 2, 3, 900, 2)], term: 4 }, false],
    ['there was no reign', { reigns: [], term: 0 }, false],
  ])('%s', (_, durable, expected) => {
    expect(ownsLatestTerm(primary({ durable }))).toBe(expected);
  });
});
