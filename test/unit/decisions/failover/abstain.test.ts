import { describe, expect, it } from 'vitest';
import { explainAbstention } from '../../../../src/decisions/failover/abstain.ts';
import type { CoreState, DurableState } from '../../../../src/decisions/failover/state.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import { configuration, id, standby, startMs } from './core-fixture.ts';

/** Node 2, whose lease to node 1 ended when the third heartbeat was missing. */
const lease = { holder: id(1), term: 3, untilMs: startMs - 500 };
const after = (state: Partial<CoreState>, durable: Partial<DurableState> = {}) => {
  const transition = new Transition(standby({ durable, state: { lease, ...state } }), startMs, 0);
  explainAbstention(transition);
  return transition;
};
const explained = (transition: Transition) =>
  transition.effects.flatMap((effect) => (effect.type === 'explain' ? [effect.explanation] : []));

describe('explainAbstention', () => {
  it('says that failover is paused, and what lifts that', () => {
    const durable = { configuration: { ...configuration, paused: true } };
    expect(explained(after({}, durable))).toMatchObject([
      {
        rule: '§6.3',
        text: 'no election by this node, although node 1 is silent: failover is paused',
        kind: 'declined',
        changedBy: expect.stringContaining('repmgr service unpause'),
      },
    ]);
  });

  it('says that WAL still comes, so that only the daemon is gone', () => {
    expect(explained(after({ walMovedAtMs: startMs - 20 }))).toMatchObject([
      { text: expect.stringContaining('its PostgreSQL still sends WAL'), kind: 'declined' },
    ]);
  });

  it('says it once for each lease', () => {
    const first = after({ walMovedAtMs: startMs - 20 });
    const second = new Transition({ ...first.state, explanation: null }, startMs + 100, 0);
    explainAbstention(second);
    expect(explained(second)).toEqual([]);
  });

  it.each([
    ['while the lease lasts', { lease: { ...lease, untilMs: startMs + 1 } }],
    ['before two heartbeats have passed', { lease: { ...lease, untilMs: startMs - 499 } }],
    ['where this node may stand', {}],
    ['without a lease', { lease: null }],
    ['while it fences', { role: 'fencing' as const }],
  ])('says nothing %s', (_, overrides) => {
    expect(explained(after(overrides))).toEqual([]);
  });
});
