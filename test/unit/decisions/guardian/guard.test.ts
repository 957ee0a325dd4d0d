import { describe, expect, it } from 'vitest';
import { type GuardFacts, guard, guardedUntilMs } from '../../../../src/decisions/guardian/guard.ts';
import type { Orders } from '../../../../src/decisions/guardian/orders.ts';
import { id } from '../failover/core-fixture.ts';

const nowMs = 100_000;
/** Lease 3 s, margin 110 ms, budget 700 ms: a round holds for 2,190 ms. */
const orders: Orders = {
  term: 3,
  fenceAtMs: nowMs + 2_190,
  leaseMs: 3_000,
  heartbeatIntervalMs: 250,
  fenceBudgetMs: 700,
  isSuspended: false,
  self: id(1),
  voters: [id(1), id(2), id(3)],
  walVoters: [id(2), id(3)],
  acknowledgedAtMs: { 2: nowMs, 3: nowMs },
};
const facts: GuardFacts = {
  nowMs,
  orders,
  orderedAtMs: nowMs,
  daemon: 'speaking',
  isServerAlive: true,
  walAcknowledgedAtMs: {},
};
const verdict = (change: Partial<GuardFacts>) => guard({ ...facts, ...change });

describe('while the daemon speaks', () => {
  it('rests until it would be late', () => {
    expect(verdict({})).toEqual({ kind: 'rest', untilMs: nowMs + 2_190 - 750 });
  });

  it('looks after the lease itself when it is late, and fences at the deadline', () => {
    expect(verdict({ nowMs: nowMs + 1_440 })).toEqual({ kind: 'extend', untilMs: nowMs + 1_690 });
    expect(verdict({ nowMs: nowMs + 2_189 })).toMatchObject({ kind: 'extend', untilMs: nowMs + 2_190 });
    expect(verdict({ nowMs: nowMs + 2_190 })).toMatchObject({
      kind: 'fence',
      reason: expect.stringContaining('silent for 2190 ms'),
    });
  });

  it('fences at the deadline also what the frozen daemon may just be starting', () => {
    expect(verdict({ nowMs: nowMs + 1_700, isServerAlive: false })).toMatchObject({ kind: 'rest' });
    expect(verdict({ nowMs: nowMs + 2_190, isServerAlive: false })).toMatchObject({ kind: 'fence' });
  });

  it('has nothing to do where there is nothing to guard', () => {
    expect(verdict({ orders: null })).toEqual({ kind: 'rest', untilMs: Number.POSITIVE_INFINITY });
  });
});

describe('when the daemon is dead', () => {
  it('looks after the lease at once', () => {
    expect(verdict({ daemon: 'dead' })).toEqual({ kind: 'extend', untilMs: nowMs + 250 });
  });

  it('fences when no majority confirms it in time', () => {
    const walAcknowledgedAtMs = { 2: nowMs + 1_000 };
    const late = { daemon: 'dead', nowMs: nowMs + 2_190 } as const;
    expect(verdict(late).kind).toBe('fence');
    expect(verdict({ ...late, walAcknowledgedAtMs }).kind).toBe('extend');
    expect(verdict({ ...late, nowMs: nowMs + 3_190, walAcknowledgedAtMs }).kind).toBe('fence');
  });

  it('leaves its last will when the server is dead as well', () => {
    expect(verdict({ daemon: 'dead', isServerAlive: false })).toEqual({ kind: 'lastWill' });
    expect(verdict({ daemon: 'lost', isServerAlive: false }).kind).toBe('rest');
  });

  it('leaves where there is nothing to guard', () => {
    expect(verdict({ daemon: 'dead', orders: null })).toEqual({ kind: 'leave' });
  });
});

describe('while failover is suspended', () => {
  const suspended = { orders: { ...orders, isSuspended: true }, nowMs: nowMs + 60_000 };

  it('never fences and releases nobody', () => {
    expect(verdict(suspended).kind).toBe('rest');
    expect(verdict({ ...suspended, daemon: 'dead' }).kind).toBe('rest');
    expect(verdict({ ...suspended, daemon: 'dead', isServerAlive: false }).kind).toBe('leave');
  });
});

describe('how long the server may stay open', () => {
  it('counts WAL of those only that are known to promise as long', () => {
    const walAcknowledgedAtMs = { 2: nowMs + 500 };
    const now = { nowMs: nowMs + 600, walAcknowledgedAtMs };
    expect(guardedUntilMs(now, orders)).toBe(nowMs + 2_690);
    expect(guardedUntilMs(now, { ...orders, walVoters: [id(3)] })).toBe(nowMs + 2_190);
  });

  it('is what the daemon said where nobody has acknowledged anything', () => {
    expect(guardedUntilMs({ nowMs, walAcknowledgedAtMs: {} }, { ...orders, acknowledgedAtMs: {} })).toBe(
      nowMs + 2_190,
    );
  });
});
