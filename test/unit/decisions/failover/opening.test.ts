import { describe, expect, it } from 'vitest';
import type { CoreState } from '../../../../src/decisions/failover/state.ts';
import type { HeartbeatRequest } from '../../../../src/domain/peer-messages.ts';
import {
  Core,
  configuration,
  end,
  goneServer,
  id,
  leaseMs,
  parameters,
  standby,
  startMs,
  status,
} from './core-fixture.ts';

const walEnd = end(2, 1_000);

/** Through statuses, pre-votes and the stop of the receiver to the moment when votes are out. */
function standing(state: CoreState = standby()): Core {
  const core = new Core(state).feed({ type: 'tick' });
  core.answerStatus(1, null).answerStatus(3, status(3));
  core.answer('prevote', {}, [3]);
  if (core.state.operation?.kind === 'stopReceiver')
    core.finish({ kind: 'stopReceiver', walEnd, reason: null });
  return core;
}

const elected = (state?: CoreState) => standing(state).answer('vote', {}, [3]);
const promoted = { timeline: end(3, 0).timeline, forkLsn: end(3, 990).lsn };

describe('an election that is won', () => {
  it('stores the reign, heartbeats as promoting, and only then promotes', () => {
    const core = elected();
    const types = core.types();
    expect(types.indexOf('persist')).toBeLessThan(types.indexOf('send'));
    expect(types.indexOf('send')).toBeLessThan(types.indexOf('promote'));
    expect(types.lastIndexOf('persist')).toBeLessThan(types.indexOf('promote'));
    expect(core.state.durable.reigns.at(-1)).toEqual({
      term: 4,
      nodeId: 2,
      timeline: 3,
      parentTimeline: 2,
      forkLsn: 1_000n,
    });
    expect(core.sent('heartbeat')[0]?.request.body as HeartbeatRequest).toMatchObject({
      term: 4,
      phase: 'promoting',
    });
    expect(core.one('promote')).toMatchObject({
      term: 4,
      highestTimeline: 2,
      leaseUntilMs: startMs + leaseMs,
    });
  });

  it('re-issues the newest configuration under its own term', () => {
    expect(elected().state.durable.configuration).toEqual({
      ...configuration,
      version: { term: 4, counter: 1 },
    });
  });

  it('counts its lease from the sending of the requests and is void when the votes come late', () => {
    const core = standing();
    core.nowMs += 2_190;
    core.answer('vote', {}, [3]);
    expect(core.has('promote')).toBe(false);
    expect(core.state.reign).toBeNull();
    expect(core.state.durable.reigns.at(-1)?.term).toBe(3);
  });

  it('is void when the end of the own WAL has become unknown', () => {
    const core = standing();
    const server = { ...core.state.server, walEnd: null };
    core.feed({ type: 'observed', server, walMovedAtMs: null }).answer('vote', {}, [3]);
    expect(core.state).toMatchObject({ reign: null, role: 'follower' });
  });

  it('is void when the own standby died meanwhile: it would twin the timeline of another, I7', () => {
    const core = standing();
    core.feed({ type: 'observed', server: { ...goneServer, walEnd }, walMovedAtMs: null });
    core.answer('vote', {}, [3]);
    expect(core.has('startPrimary')).toBe(false);
    expect(core.state.reign).toBeNull();
  });

  it('starts a stopped server out of recovery only on a timeline that this node opened', () => {
    const own = {
      nodeId: 1,
      durable: { intent: 'fenced' },
      server: goneServer,
      state: { role: 'fenced' },
    } as const;
    const core = new Core(standby(own)).feed({ type: 'tick' });
    core.answerStatus(2, status(2)).answerStatus(3, status(3));
    core.answer('prevote', {}, [2, 3]).answer('vote', {}, [2]);
    expect(core.has('startPrimary')).toBe(true);
    const foreign = new Core(standby({ ...own, nodeId: 2 })).feed({ type: 'tick' });
    expect(foreign.state.campaign).toBeNull();
    expect(foreign.has('startStandby')).toBe(true);
  });
});

describe('the opening', () => {
  it('makes the node writable with the fork where it really was', () => {
    const core = elected().finish({ kind: 'promote', promoted, reason: null });
    expect(core.state).toMatchObject({ role: 'primary', reign: { phase: 'writable' } });
    expect(core.state.durable.reigns.at(-1)).toMatchObject({ timeline: 3, parentTimeline: 2, forkLsn: 990n });
    expect(core.one('afterOpening')).toMatchObject({ kind: 'promoted', term: 4 });
    expect(core.one('notify').event).toBe('repmgrd_failover_promote');
  });

  it('that fails is fenced', () => {
    const core = elected().finish({ kind: 'promote', promoted: null, reason: 'no' });
    expect(core.has('fence')).toBe(true);
  });

  it('that fails leaves the next election to others, the longer the more often', () => {
    const failed = { kind: 'promote', promoted: null, reason: 'no' } as const;
    const pauseMs = (before: number) => {
      const core = elected(standby({ state: { promotionFailures: before } })).finish(failed);
      return core.state.nextCampaignAtMs - core.nowMs;
    };
    expect([0, 1, 2, 9].map(pauseMs)).toEqual([2 * leaseMs, 4 * leaseMs, 8 * leaseMs, 30_000]);
  });

  it('that does not end is fenced, although the lease is renewed', () => {
    const core = elected(standby({ parameters: { promoteTimeoutMs: 5_000 } }));
    for (let second = 0; second < 4; second += 1) core.after(1_000).answerHeartbeat(3, { term: 4 });
    expect(core.state.role).toBe('promoting');
    expect(core.after(1_000).state.role).toBe('fencing');
  });

  it('is fenced when the lease ends before', () => {
    expect(elected().after(leaseMs).state.role).toBe('fencing');
  });
});

describe('a node elected where it is open', () => {
  it('opens nothing: it has a further reign on its timeline', () => {
    const open = { recoveryState: 'primary', isReceiverActive: false, upstream: null } as const;
    const core = new Core(standby({ nodeId: 1, server: open, state: { serverChangedAtMs: startMs } })).feed({
      type: 'tick',
    });
    core.answerStatus(2, status(2)).answerStatus(3, null);
    core.answer('prevote', {}, [2]).answer('vote', {}, [2]);
    expect(core.state.durable.reigns.at(-1)).toMatchObject({
      term: 4,
      nodeId: 1,
      timeline: 2,
      parentTimeline: 2,
    });
    expect(core.state.role).toBe('primary');
    expect(core.has('promote')).toBe(false);
    expect(parameters(1).nodeId).toBe(id(1));
  });
});
