import { describe, expect, it } from 'vitest';
import { newCampaign } from '../../../../src/decisions/failover/campaign-stage.ts';
import type { CoreState, Handover } from '../../../../src/decisions/failover/state.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import {
  Core,
  configuration,
  goneServer,
  id,
  leaseMs,
  primary,
  primaryServer,
  standby,
  startMs,
  voteRequest,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const ticked = (state: CoreState) => new Core(state).feed({ type: 'tick' });
/** Stays where it is: nothing but what is tested becomes due. */
const quiet = { parameters: { priority: 0 } };
const bystander = (state: Partial<CoreState> = {}) => standby({ ...quiet, state });
const wakesIn = (state: CoreState) => (ticked(state).state.timerDueMs ?? 0) - startMs;
const campaign = newCampaign(new Transition(standby(), startMs, 0), 'preVote', null);
const handover: Handover = {
  term: 3,
  stage: 'assessing',
  untilMs: startMs + 300,
  statuses: {},
  tried: [],
  target: null,
  assessment: null,
  wasShutDown: false,
  startedAtMs: startMs,
};

describe('the timer', () => {
  it('wakes the core every half lease at the latest', () => {
    expect(wakesIn(bystander())).toBe(leaseMs / 2);
  });

  const cases: readonly (readonly [string, CoreState, number])[] = [
    ['it may stand', standby({ state: { nextCampaignAtMs: startMs + 321 } }), 321],
    [
      'the silent primary’s server is to be asked',
      bystander({ lease: { holder: id(1), term: 3, untilMs: startMs + 1_400 } }),
      400,
    ],
    [
      'a pause fails',
      primary({
        state: { pauseRequest: { replyTo: 'x', paused: true, untilMs: startMs + 33 } },
        reign: { configurationStoredBy: {} },
      }),
      33,
    ],
    ['a hand-over goes on', bystander({ role: 'handing over', handover }), 300],
    [
      'an operation is given up',
      bystander({ operation: { kind: 'stopReceiver', id: 1, startedAtMs: startMs - 3_900 } }),
      100,
    ],
    ['a rejoin is tried again', bystander({ nextRejoinAtMs: startMs + 77 }), 77],
    ['a heartbeat is due', primary(), 250],
    [
      'the fence is due',
      primary({ reign: { acknowledgedAtMs: { 2: startMs - 2_150 }, nextHeartbeatAtMs: startMs + 250 } }),
      40,
    ],
    ['a campaign is looked at', standby({ state: { campaign, role: 'candidate' } }), 1_000],
    [
      'a vote given for nothing is over',
      bystander({ isReceiverHeld: true, lease: { holder: id(2), term: 4, untilMs: startMs + 800 } }),
      800,
    ],
    [
      'an open server is fenced',
      standby({
        server: primaryServer,
        state: { serverChangedAtMs: startMs - 2_500, nextCampaignAtMs: startMs + 60_000 },
      }),
      500,
    ],
  ];

  it.each(cases)('is set for when %s', (_, state, expected) => {
    expect(wakesIn(state)).toBe(expected);
  });

  it('is not set for the fence while that is suspended', () => {
    const durable = { configuration: { ...configuration, paused: true } };
    expect(wakesIn(primary({ durable, reign: { acknowledgedAtMs: { 2: startMs - 2_150 } } }))).toBe(250);
  });

  it('is not set for what is due already and waits for an event', () => {
    const lease = { holder: id(1), term: 3, untilMs: startMs - 1 };
    expect(wakesIn(bystander({ lease }))).toBe(leaseMs / 2);
  });

  it.each([
    [
      'the end of a lease that holds nothing back',
      bystander({ lease: { holder: id(1), term: 3, untilMs: startMs + 100 } }),
      1_500,
    ],
    ['a change of a server in recovery', bystander({ serverChangedAtMs: startMs - 2_900 }), 1_500],
    ['a change of a server under its lease', primary({ state: { serverChangedAtMs: startMs - 2_900 } }), 250],
  ])('is not set for what needs nothing: %s', (_, state, expected) => {
    expect(wakesIn(state)).toBe(expected);
  });

  it('is announced when it changes, and only then', () => {
    const core = ticked(primary());
    expect(core.all('setTimer')).toEqual([{ type: 'setTimer', atMs: startMs + 250 }]);
    core.nowMs += 10;
    expect(core.feed({ type: 'tick' }).has('setTimer')).toBe(false);
    expect(core.state.timerDueMs).toBe(startMs + 250);
  });
});

describe('what is due', () => {
  it('is a round of heartbeats exactly at its time', () => {
    const core = ticked(primary());
    core.nowMs = startMs + 249;
    expect(core.feed({ type: 'tick' }).sent('heartbeat')).toEqual([]);
    core.nowMs = startMs + 250;
    expect(core.feed({ type: 'tick' }).sent('heartbeat')).toHaveLength(2);
  });

  it('is the refusal of a pause that no majority stored', () => {
    const pauseRequest = { replyTo: 'pause', paused: true, untilMs: startMs };
    const core = ticked(primary({ reign: { configurationStoredBy: {} }, state: { pauseRequest } }));
    expect(core.reply('pause')).toMatchObject({ ok: false });
    expect(core.state.pauseRequest).toBeNull();
  });

  it('is the end of a hand-over that nobody took', () => {
    const state = {
      role: 'handing over',
      handover: { ...handover, stage: 'transferring', target: id(3) },
    } as const;
    const core = ticked(standby({ ...quiet, nodeId: 1, server: goneServer, state })).after(299);
    expect(core.state.handover).not.toBeNull();
    expect(core.after(1).state.handover).toBeNull();
  });
});

describe('a primary that heard of a newer term', () => {
  const heard = (overrides: Parameters<typeof primary>[0] = {}) =>
    ticked(primary({ ...overrides, reign: { higherTerm: 6, ...overrides?.reign } }));

  it('stands above it where it is, without asking for statuses first', () => {
    const core = heard();
    expect(core.sent('status')).toEqual([]);
    expect(core.sent('prevote')[0]?.request.body).toMatchObject({ term: 7, timeline: null });
    expect(core.state.role).toBe('primary');
  });

  it('stands again after the wait that follows a failure, not before', () => {
    const core = heard().answer('prevote', { granted: false, reason: 'no' }, [2, 3]);
    const waitMs = core.state.nextCampaignAtMs - core.nowMs;
    expect(waitMs).toBe(50 + leaseMs / 4);
    core.after(waitMs - 1);
    expect(core.state.campaign).toBeNull();
    core.after(1);
    expect(core.sent('prevote')).toHaveLength(2);
  });

  it('has its lease for the newer term once elected', () => {
    const core = heard().answer('prevote', {}, [2]).answer('vote', {}, [2]);
    expect(core.state).toMatchObject({
      role: 'primary',
      reign: { term: 7, phase: 'writable', higherTerm: null },
    });
    expect(core.has('promote')).toBe(false);
  });

  it.each([
    ['no newer one', { reign: { higherTerm: 3 } }],
    ['none', { reign: { higherTerm: null } }],
    ['while it promotes', { state: { role: 'promoting' } }],
    ['while it hands over', { state: { handover } }],
    ['before its time', { state: { nextCampaignAtMs: startMs + 1 } }],
  ] satisfies [string, Parameters<typeof primary>[0]][])('does not stand: %s', (_, overrides) => {
    expect(heard(overrides).sent('prevote')).toEqual([]);
  });

  it('does not begin anew while it stands', () => {
    const core = heard();
    const number = core.state.campaign?.id;
    expect(core.after(500).state.campaign?.id).toBe(number);
  });
});

describe('a receiver that is held for a vote', () => {
  const held = (state: Partial<CoreState> = {}, overrides: Overrides = {}) =>
    standby({ ...quiet, ...overrides, state: { isReceiverHeld: true, ...state } });
  const vote = { holder: id(3), term: 4, untilMs: startMs + 700 };

  it('is put back when the vote came to nothing, exactly at its end', () => {
    const core = ticked(held({ lease: vote })).after(699);
    expect(core.has('restoreReceiver')).toBe(false);
    core.after(1);
    expect(core.one('restoreReceiver').id).toBe(core.state.operation?.id);
    core.finish({ kind: 'restoreReceiver', ok: true, reason: null });
    expect(core.state.isReceiverHeld).toBe(false);
    expect(core.has('restoreReceiver')).toBe(false);
  });

  it('is tried again when putting it back fails', () => {
    const core = ticked(held()).finish({ kind: 'restoreReceiver', ok: false, reason: 'no' });
    expect(core.state.isReceiverHeld).toBe(true);
    expect(core.has('restoreReceiver')).toBe(true);
  });

  it('is put back after a restart only when the vote given before it is over for certain', () => {
    const core = ticked(held({ listeningSinceMs: startMs - leaseMs + 10 })).after(9);
    expect(core.has('restoreReceiver')).toBe(false);
    expect(core.after(1).has('restoreReceiver')).toBe(true);
  });

  it.each([
    ['while it is not held', held({ isReceiverHeld: false })],
    [
      'while the server is being worked on',
      held({ operation: { kind: 'follow', id: 1, startedAtMs: startMs } }),
    ],
    ['while a vote is being given', held({ pendingVote: { replyTo: 'x', request: voteRequest() } })],
    ['while it stands itself', held({ campaign, role: 'candidate' })],
    ['while it reigns', held({ reign: primary().reign, role: 'promoting' })],
    ['while the server is not up', held({}, { server: { verdict: 'busy' } })],
    [
      'of a server out of recovery',
      held({ serverChangedAtMs: startMs, nextCampaignAtMs: startMs + 60_000 }, { server: primaryServer }),
    ],
  ])('is left alone %s', (_, state) => {
    expect(ticked(state).has('restoreReceiver')).toBe(false);
  });
});
