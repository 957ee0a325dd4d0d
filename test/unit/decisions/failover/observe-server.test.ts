import { describe, expect, it } from 'vitest';
import type { CoreState, ServerObservation } from '../../../../src/decisions/failover/state.ts';
import {
  Core,
  configuration,
  goneServer,
  id,
  leaseMs,
  primary,
  primaryServer,
  standby,
  standbyServer,
  startMs,
  voteRequest,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const paused = { configuration: { ...configuration, paused: true } };
const manual = { configuration: { ...configuration, manual: true } };
const nextMinute = { nextCampaignAtMs: startMs + 60_000 };

const observe = (core: Core, server: Partial<ServerObservation>, walMovedAtMs: number | null = null) =>
  core.feed({ type: 'observed', server: { ...standbyServer, ...server }, walMovedAtMs });
const see = (state: CoreState, server: Partial<ServerObservation>, walMovedAtMs: number | null = null) =>
  observe(new Core(state), server, walMovedAtMs).state;

describe('an observation', () => {
  it.each([
    ['another verdict', { verdict: 'busy' }, startMs],
    ['another state of recovery', { recoveryState: 'primary' }, startMs],
    ['more WAL only', { walEnd: null, isReceiverActive: false }, startMs - 60_000],
  ] as const)('dates a change: %s', (_, server, expected) => {
    expect(see(standby({ state: nextMinute }), server).serverChangedAtMs).toBe(expected);
  });

  it.each([
    ['later', startMs - 9, startMs - 9],
    ['earlier', startMs - 11_000, startMs - 10_000],
    ['not at all', null, startMs - 10_000],
  ])('keeps the latest movement of WAL: seen %s', (_, walMovedAtMs, expected) => {
    expect(see(standby(), {}, walMovedAtMs).walMovedAtMs).toBe(expected);
  });

  it('keeps the first movement of WAL', () => {
    expect(see(standby({ state: { walMovedAtMs: null } }), {}, 5).walMovedAtMs).toBe(5);
  });

  it('of data in the course of a rejoin binds nobody, whatever it shows', () => {
    const operation = { kind: 'rejoin', id: 1, startedAtMs: startMs } as const;
    const state = see(standby({ state: { role: 'rejoining', operation } }), {});
    expect(state.server).toEqual({ ...standbyServer, verdict: 'rebuilding', walEnd: null });
  });

  it('tells a daemon that was restarted that its receiver is still held for a vote', () => {
    const waiting = { listeningSinceMs: startMs };
    expect(see(standby({ state: waiting }), { isReceiverHeld: true }).isReceiverHeld).toBe(true);
    const held = standby({ state: { ...waiting, isReceiverHeld: true } });
    expect(see(held, { isReceiverHeld: false }).isReceiverHeld).toBe(false);
  });

  it.each([
    ['an operation', { operation: { kind: 'stopReceiver', id: 1, startedAtMs: startMs } }],
    ['a vote being given', { pendingVote: { replyTo: 'x', request: voteRequest() } }],
  ] satisfies [string, Partial<CoreState>][])(
    'that is older than %s does not release the receiver',
    (_, state) => {
      expect(see(standby({ state: { ...state, isReceiverHeld: true } }), {}).isReceiverHeld).toBe(true);
    },
  );

  it('that is older than a candidacy does not release the receiver', () => {
    const core = new Core(standby()).feed({ type: 'tick' });
    core.state = { ...core.state, isReceiverHeld: true };
    expect(observe(core, {}).state).toMatchObject({ isReceiverHeld: true, role: 'candidate' });
  });
});

describe('the server of a primary is gone', () => {
  it.each([
    ['crashed', false],
    ['was shut down', true],
  ])('because it %s: hand over or restart', (_, wasShutDown) => {
    const core = observe(new Core(primary()), { ...goneServer, wasShutDown });
    expect(core.has('assessCrash')).toBe(true);
    expect(core.state).toMatchObject({ handover: { wasShutDown }, reign: { phase: 'restarting' } });
  });

  it.each([
    ['busy', { ...primaryServer, verdict: 'busy' }],
    ['not observed', { ...primaryServer, verdict: 'unknown' }],
  ] as const)('not when it is %s: that is no reason to fail over', (_, server) => {
    const core = observe(new Core(primary()), server).after(2_000);
    expect(core.state).toMatchObject({ role: 'primary', handover: null });
  });

  it.each([
    ['paused', paused],
    ['manual', manual],
  ])('and stays gone while failover is %s: the operator stopped it', (_, durable) => {
    const core = observe(new Core(primary({ durable })), goneServer);
    expect(core.state).toMatchObject({ handover: null, operation: null, server: { verdict: 'gone' } });
  });
});

describe('a fenced node', () => {
  const fenced = () =>
    new Core(standby({ nodeId: 1, durable: { intent: 'fenced' }, state: { role: 'fenced', ...nextMinute } }));

  it('follows again when its server was started in recovery, and remembers it', () => {
    const core = observe(fenced(), standbyServer);
    expect(core.state).toMatchObject({ role: 'follower', durable: { intent: 'standby' } });
    expect(core.one('persist').durable.intent).toBe('standby');
  });

  it.each([
    ['is not up', { verdict: 'busy' }],
    ['is gone', { verdict: 'gone', recoveryState: null }],
  ] as const)('stays fenced while the server %s', (_, server) => {
    expect(observe(fenced(), server).state).toMatchObject({ role: 'fenced', durable: { intent: 'fenced' } });
  });

  it('is fenced again at once when its server was opened by hand', () => {
    const core = observe(fenced(), primaryServer);
    expect(core.has('fence')).toBe(true);
    expect(core.state.explanation).toMatchObject({
      rule: 'I5',
      text: 'fencing: it lost its lease before and was not elected since',
    });
  });
});

describe('a server that is open without a lease', () => {
  const open = (overrides: Overrides = {}) =>
    new Core(
      standby({
        ...overrides,
        server: { ...primaryServer, ...overrides.server },
        state: { serverChangedAtMs: startMs, ...nextMinute, ...overrides.state },
      }),
    ).feed({ type: 'tick' });

  it('is fenced by §8 one lease of the configuration after it was seen, not earlier', () => {
    const durable = { configuration: { ...configuration, leaseMs: 4_000 } };
    const core = open({ durable }).after(3_999);
    expect(core.state.role).toBe('follower');
    core.after(1);
    expect(core.state).toMatchObject({
      role: 'fencing',
      explanation: {
        rule: '§8',
        text: 'fencing: PostgreSQL runs out of recovery and no lease was won for it',
      },
    });
  });

  it('is fenced one lease after it was opened behind the daemon’s back', () => {
    const core = new Core(standby({ state: nextMinute })).feed({ type: 'tick' }).after(500);
    observe(core, primaryServer).after(leaseMs - 1);
    expect(core.has('fence')).toBe(false);
    expect(core.after(1).has('fence')).toBe(true);
  });

  it.each([
    ['failover is paused', { durable: paused }],
    ['failover is manual', { durable: manual }],
    ['there is no cluster yet', { durable: { configuration: null } }],
    [
      'the server is being worked on',
      { state: { operation: { kind: 'follow', id: 1, startedAtMs: startMs } } },
    ],
    ['it is not up', { server: { verdict: 'busy' } }],
  ] satisfies [string, Overrides][])('is left alone while %s', (_, overrides) => {
    expect(
      open(overrides)
        .after(2 * leaseMs)
        .has('fence'),
    ).toBe(false);
  });

  it('is left alone while paused, also after a fence', () => {
    const core = open({ durable: { ...paused, intent: 'fenced' }, state: { role: 'fenced' } });
    expect(core.after(2 * leaseMs).has('fence')).toBe(false);
  });

  it('is fenced once, though there are two reasons', () => {
    const state = { role: 'fenced', serverChangedAtMs: startMs - leaseMs } as const;
    expect(open({ durable: { intent: 'fenced' }, state }).all('fence')).toHaveLength(1);
  });

  it('is not fenced a second time while it is being fenced', () => {
    const core = open().after(leaseMs);
    const { operation } = core.state;
    core.after(leaseMs);
    expect(core.has('fence')).toBe(false);
    expect(core.state.operation).toEqual(operation);
  });

  it('is given its lease of time also while its node hands over', () => {
    const overrides = { durable: { intent: 'fenced' }, state: { role: 'handing over' } } as const;
    const core = open(overrides).after(leaseMs - 1);
    expect(core.has('fence')).toBe(false);
    expect(core.after(1).has('fence')).toBe(true);
  });
});

describe('the server of a primary that somebody restarted in recovery', () => {
  const restarted = (overrides: Parameters<typeof primary>[0] = {}) =>
    new Core(
      primary({
        ...overrides,
        server: standbyServer,
        state: { serverChangedAtMs: startMs, ...nextMinute, ...overrides.state },
      }),
    ).feed({ type: 'tick' });

  it('ends the reign after one second, with an event and the intent stored', () => {
    const core = restarted().after(999);
    expect(core.state.role).toBe('primary');
    core.after(1);
    const details = 'PostgreSQL was restarted in recovery';
    expect(core.all('notify')).toMatchObject([
      { event: 'repmgrd_local_disconnect', successful: false, details },
    ]);
    expect(core.all('persist').at(-1)?.durable.intent).toBe('standby');
    expect(core.state).toMatchObject({
      role: 'follower',
      reign: null,
      campaign: null,
      explanation: {
        rule: '§4',
        text: 'its PostgreSQL runs in recovery: this node is no primary any more',
      },
    });
  });

  it('ends a candidacy in place as well', () => {
    const core = restarted({
      parameters: { priority: 0 },
      reign: { higherTerm: 9 },
      state: { nextCampaignAtMs: startMs + 500 },
    });
    expect(core.after(999).state.campaign).not.toBeNull();
    expect(core.after(1).state).toMatchObject({ role: 'follower', campaign: null });
  });

  it('is no matter when it was a passing observation', () => {
    const core = restarted().after(600);
    observe(core, primaryServer);
    observe(core, standbyServer).after(999);
    expect(core.state.role).toBe('primary');
    expect(core.after(1).state.role).toBe('follower');
  });

  it('is no matter while it is busy', () => {
    const core = observe(restarted(), { verdict: 'busy' }).after(1_500);
    expect(core.state.role).toBe('primary');
  });

  it.each([
    ['being worked on', { operation: { kind: 'startPrimary', id: 1, startedAtMs: startMs } }],
    ['promoting', { role: 'promoting' }],
    [
      'handing over',
      {
        handover: {
          term: 3,
          stage: 'assessing',
          untilMs: startMs + 9_000,
          statuses: {},
          tried: [],
          target: id(3),
          assessment: null,
          wasShutDown: false,
          startedAtMs: startMs,
        },
      },
    ],
  ] satisfies [string, Partial<CoreState>][])('ends nothing while it is %s', (_, state) => {
    expect(restarted({ state }).after(1_500).state.reign).not.toBeNull();
  });
});
