import { describe, expect, it } from 'vitest';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { VoteRequest } from '../../../../src/domain/peer-messages.ts';
import {
  Core,
  end,
  id,
  leaseMs,
  reign,
  reigns,
  standby,
  startMs,
  status,
  voteRequest,
} from './core-fixture.ts';

const gathering = (overrides: Parameters<typeof standby>[0] = {}) =>
  new Core(standby(overrides)).feed({ type: 'tick' });
const at = (reignTerm: number, lsn: number) => ({ reignTerm, lsn: BigInt(lsn) as Lsn });
const lease = { holder: id(1), term: 3, untilMs: startMs + 1_000 };

describe('a standby', () => {
  it.each([
    ['bound by a lease', { state: { lease } }],
    ['whose WAL still moves', { state: { walMovedAtMs: startMs - 10 } }],
    ['just started', { state: { listeningSinceMs: startMs - 10 } }],
    ['not listening', { state: { listeningSinceMs: null } }],
    ['with failover=manual', { parameters: { isFailoverAutomatic: false } }],
    ['with priority 0', { parameters: { priority: 0 } }],
    ['that is a witness', { parameters: { isWitness: true } }],
    ['without position', { server: { walEnd: null } }],
    ['on a timeline of nobody', { server: { walEnd: end(9, 1) } }],
    ['being rebuilt', { server: { verdict: 'rebuilding' } as const }],
    ['whose server is down', { server: { verdict: 'gone' } as const }],
    ['without configuration', { durable: { configuration: null } }],
  ])('does not stand: %s', (_, overrides) => {
    expect(gathering(overrides).state.campaign).toBeNull();
  });

  it('asks everybody first, when its lease is over', () => {
    const core = gathering({ state: { lease } });
    core.after(1_000);
    expect(core.sent('status').map((effect) => effect.to.nodeId)).toEqual([1, 3]);
    expect(core.has('persist')).toBe(false);
  });

  it('gives up without a majority, with an event', () => {
    const core = gathering().answerStatus(1, null).answerStatus(3, null);
    expect(core.one('notify').event).toBe('repmgrd_no_quorum');
    expect(core.state).toMatchObject({ role: 'follower', campaign: null });
  });

  it.each([
    ['a voter is bound to another', { leaseRemainingMs: 400, leaseHolder: id(1) }],
    ['WAL moves elsewhere', { walStillMs: 10 }],
    ['a voter knows of a pause', { paused: true }],
  ])('is vetoed: %s', (_, overrides) => {
    const core = gathering().answerStatus(1, null).answerStatus(3, status(3, overrides));
    expect(core.state.campaign).toBeNull();
    expect(core.state.nextCampaignAtMs).toBeGreaterThan(core.nowMs);
  });

  it.each([
    ['a higher position', { position: at(3, 1_001) }],
    ['a newer reign', { position: at(4, 1) }],
    ['a higher priority', { priority: 101 }],
  ])('lets the better one stand first: %s', (_, overrides) => {
    const core = gathering().answerStatus(1, null).answerStatus(3, status(3, overrides));
    expect(core.state.campaign?.stage).toBe('waiting');
    expect(core.after(250).state.campaign?.stage).toBe('preVote');
  });

  it.each([
    ['a higher node id', {}],
    ['may not be promoted', { position: at(9, 9), isPromotable: false }],
    ['a lower position and higher priority', { position: at(3, 999), priority: 500 }],
  ])('stands before one with %s', (_, overrides) => {
    const core = gathering().answerStatus(1, null).answerStatus(3, status(3, overrides));
    expect(core.state.campaign?.stage).toBe('preVote');
  });

  it('stands in a term above all that it heard of', () => {
    const core = gathering()
      .answerStatus(1, null)
      .answerStatus(3, status(3, { term: 7 }));
    expect(core.sent('prevote')[0]?.request.body).toMatchObject({ term: 8 });
  });

  it('learns reigns and timelines from those that it asked', () => {
    const more = [...reigns, reign(4, 3, 5, 2_000, 2)];
    const core = gathering().answerStatus(1, null);
    core.answerStatus(3, status(3, { reigns: more, isPromotable: false }));
    expect(core.state.durable.reigns).toHaveLength(3);
    expect(core.state.campaign?.timeline).toBe(6);
  });

  it('does not count answers of another incarnation or with less memory', () => {
    const core = gathering().answerStatus(3, status(3, { incarnation: 'other' }));
    expect(core.state.campaign?.statuses).toEqual({});
    const seen = { '3/incarnation-3': { startCounter: 2, term: 3 } };
    const later = gathering({ durable: { seen } }).answerStatus(3, status(3));
    expect(later.state.campaign?.statuses).toEqual({});
  });

  it('waits for the silent primary’s own server, and stays out of its way when it lives', () => {
    const held = { ...lease, untilMs: startMs + 100 };
    const core = gathering({ state: { lease: held } });
    const { scope } = core.one('probePrimary');
    core.after(100).answerStatus(1, null).answerStatus(3, status(3));
    expect(core.state.campaign?.stage).toBe('gathering');
    core.feed({ type: 'primaryProbed', scope, isWritable: true });
    expect(core.state.campaign).toBeNull();
  });

  it('stands when the silent primary’s server is silent too', () => {
    const held = { ...lease, untilMs: startMs + 100 };
    const core = gathering({ state: { lease: held } });
    const { scope } = core.one('probePrimary');
    core.after(100).answerStatus(1, null).answerStatus(3, status(3));
    core.feed({ type: 'primaryProbed', scope, isWritable: false });
    expect(core.state.campaign?.stage).toBe('preVote');
  });
});

describe('the votes', () => {
  const asked = () => gathering().answerStatus(1, null).answerStatus(3, status(3));
  const stop = { kind: 'stopReceiver', walEnd: end(2, 1_000), reason: null } as const;

  it('are asked for in earnest after a pre-vote, with the receiver stopped and the own vote stored', () => {
    const core = asked().answer('prevote', {}, [3]);
    expect(core.has('stopReceiver')).toBe(true);
    expect(core.sent('vote')).toEqual([]);
    core.finish({ ...stop, walEnd: end(2, 1_010) });
    const types = core.types();
    expect(types.indexOf('persist')).toBeLessThan(types.indexOf('send'));
    expect(core.one('persist').durable).toMatchObject({ term: 4, votedFor: 2, highestTimeline: 3 });
    expect(core.sent('vote')[0]?.request.body as VoteRequest).toMatchObject({
      term: 4,
      position: at(3, 1_010),
      timeline: 3,
      leaseMs,
    });
  });

  it('are not asked for in earnest when the pre-vote fails: nothing has changed', () => {
    const core = asked().answer('prevote', { granted: false, reason: 'behind' }, [1, 3]);
    expect(core.state.campaign).toBeNull();
    expect(core.state.durable.term).toBe(3);
  });

  it('of strangers do not count', () => {
    const core = asked().answer('prevote', {}, [3]).finish(stop);
    core.answer('vote', { incarnation: 'other' }, [3]);
    expect(core.state.reign).toBeNull();
  });

  it('for an earlier candidacy do not count', () => {
    const core = asked().answer('prevote', {}, [3]).finish(stop);
    const scope = (core.state.campaign?.id ?? 0) - 1;
    core.feed({
      type: 'response',
      from: id(3),
      tag: { sentAtMs: core.nowMs, scope },
      response: { message: 'vote', body: null },
    });
    expect(core.state.campaign?.votes).toEqual({});
  });

  it('bring a newer configuration to the candidate', () => {
    const core = asked();
    const newer = { ...voteRequestConfiguration(core), version: { term: 3, counter: 9 } };
    core.answer('prevote', { granted: false, configuration: newer }, [3]);
    expect(core.state.durable.configuration?.version.counter).toBe(9);
  });

  it('that were not enough put the receiver back after a while', () => {
    const core = asked().answer('prevote', {}, [3]).finish(stop);
    core.answer('vote', { granted: false, reason: 'no' }, [1, 3]);
    expect(core.has('restoreReceiver')).toBe(true);
  });

  it('a candidate gives up its candidacy by voting for another', () => {
    const core = asked().answer('prevote', {}, [3]).finish(stop);
    core.feed({
      type: 'request',
      from: id(3),
      replyTo: 'v',
      request: { message: 'vote', body: voteRequest({ term: 5, timeline: 4 }) },
    });
    core.finish(stop);
    expect(core.reply('v')).toMatchObject({ granted: true });
    core.answer('vote', {}, [1, 3]);
    expect(core.state.reign).toBeNull();
  });

  it('a vote being given when it is elected itself is refused', () => {
    const core = asked().answer('prevote', {}, [3]).finish(stop);
    const scope = core.state.campaign?.id ?? 0;
    core.feed({
      type: 'request',
      from: id(1),
      replyTo: 'v',
      request: { message: 'vote', body: voteRequest({ term: 5, timeline: 4, candidate: id(1) }) },
    });
    core.feed({
      type: 'response',
      from: id(3),
      tag: { sentAtMs: core.nowMs, scope },
      response: { message: 'vote', body: { ...status(3), granted: true, reason: null, configuration: null } },
    });
    expect(core.reply('v')).toMatchObject({ granted: false });
    expect(core.state).toMatchObject({ role: 'promoting', pendingVote: null });
  });
});

function voteRequestConfiguration(core: Core) {
  const { configuration } = core.state.durable;
  if (configuration === null) throw new Error('there is a configuration');
  return configuration;
}

describe('the token', () => {
  const token = { term: 3, nextTerm: 4, issuer: id(1), target: id(2) };
  const transfer = (core: Core, overrides: Partial<typeof token> = {}) =>
    core.request(1, {
      message: 'transfer',
      body: { token: { ...token, ...overrides }, reigns, highestTimeline: 7 },
    });
  const bound = (overrides: Parameters<typeof standby>[0] = {}) =>
    new Core(standby({ state: { lease, walMovedAtMs: startMs }, ...overrides }));

  it('makes its target stand at once, under the issuer’s lease, in exactly the next term', () => {
    const core = bound();
    expect(transfer(core).accepted).toBe(true);
    core.finish({ kind: 'stopReceiver', walEnd: end(2, 1_000), reason: null });
    expect(core.sent('vote')[0]?.request.body).toMatchObject({ term: 4, token, timeline: 8 });
  });

  it.each([
    ['for another', bound(), { target: id(3) }],
    ['not written by its sender', bound(), { issuer: id(3) }],
    ['of another term than the lease', bound(), { term: 2 }],
    ['for a term that is over', bound({ durable: { term: 4 } }), {}],
    ['without a lease of the issuer', new Core(standby()), {}],
    ['for a node that may not be promoted', bound({ parameters: { priority: 0 } }), {}],
  ])('is refused: %s', (_, core, overrides) => {
    expect(transfer(core, overrides).accepted).toBe(false);
    expect(core.state.campaign?.token ?? null).toBeNull();
  });
});
