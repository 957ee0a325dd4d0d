import { describe, expect, it } from 'vitest';
import { ordersFor } from '../../../../src/decisions/guardian/orders.ts';
import {
  configuration,
  goneServer,
  primary,
  primaryServer,
  standby,
  startMs,
} from '../failover/core-fixture.ts';

describe('what the guardian is told', () => {
  it('is until when the lease lasts and by whose word', () => {
    expect(ordersFor(primary({ reign: { walAcknowledgedAtMs: { 3: startMs + 40 } } }), startMs + 50)).toEqual(
      {
        term: 3,
        fenceAtMs: startMs + 40 + 2_190,
        leaseMs: 3_000,
        heartbeatIntervalMs: 250,
        fenceBudgetMs: 700,
        isSuspended: false,
        self: 1,
        voters: [1, 2, 3],
        walVoters: [2, 3],
        acknowledgedAtMs: { 2: startMs, 3: startMs + 40 },
      },
    );
  });

  it('leaves out what was acknowledged before a jump', () => {
    const jumped = primary({ reign: { ignoreSentBeforeMs: startMs + 1, graceUntilMs: startMs + 9 } });
    expect(ordersFor(jumped, startMs + 2)).toMatchObject({ acknowledgedAtMs: {}, fenceAtMs: startMs + 9 });
  });

  it('tells of a pause that a majority has stored', () => {
    const durable = { configuration: { ...configuration, paused: true } };
    expect(ordersFor(primary({ durable }), startMs)).toMatchObject({ isSuspended: true });
  });

  it.each([
    ['a standby', standby(), null],
    ['a server that is gone', standby({ server: goneServer }), null],
    [
      'an open server without a lease: it keeps to what it was told before',
      standby({ server: primaryServer }),
      undefined,
    ],
    ['a server not looked at yet', standby({ server: { verdict: 'unknown' } }), undefined],
    ['a daemon that is fencing', standby({ state: { role: 'fencing' } }), undefined],
  ])('for %s', (_, state, expected) => {
    expect(ordersFor(state, startMs)).toBe(expected);
  });
});
