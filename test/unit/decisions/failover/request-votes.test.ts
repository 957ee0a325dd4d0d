import { describe, expect, it } from 'vitest';
import { newCampaign } from '../../../../src/decisions/failover/campaign-stage.ts';
import { sendVotes } from '../../../../src/decisions/failover/request-votes.ts';
import type { Campaign } from '../../../../src/decisions/failover/state.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import type { VoteReply } from '../../../../src/domain/peer-messages.ts';
import {
  Core,
  configuration,
  end,
  id,
  leaseMs,
  primary,
  primaryServer,
  reign,
  reigns,
  standby,
  standbyServer,
  startMs,
  status,
  voter,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const five = { configuration: { ...configuration, voters: [1, 2, 3, 4, 5].map((nodeId) => voter(nodeId)) } };
const stopped = { kind: 'stopReceiver', walEnd: end(2, 1_000), reason: null } as const;
/** 3 s less the margin of 110 ms and the fence budget of 700 ms. */
const voteLimitMs = 2_190;

/** Pre-votes are out. */
function asked(overrides: Overrides = {}): Core {
  const core = new Core(standby(overrides)).feed({ type: 'tick' });
  for (const { nodeId } of core.state.durable.configuration?.voters ?? [])
    if (nodeId !== core.state.parameters.nodeId) core.answerStatus(nodeId, status(nodeId, { priority: 1 }));
  return core;
}

/** The pre-vote is won and the receiver being stopped. */
const stopping = (overrides: Overrides = {}) => asked(overrides).answer('prevote', {}, [3]);
/** Votes are out. */
const standing = (overrides: Overrides = {}) => stopping(overrides).finish(stopped);

const stage = (core: Core) => core.state.campaign?.stage;
const text = (core: Core) => core.state.explanation?.text;

/** No answer came from `from`. */
function silent(core: Core, message: 'prevote' | 'vote', from: number): Core {
  const tag = { sentAtMs: core.nowMs, scope: core.state.campaign?.id ?? 0 };
  return core.feed({ type: 'response', from: id(from), tag, response: { message, body: null } });
}

describe('the pre-vote', () => {
  it('asks every other voter, with everything that it takes to judge, and stores nothing', () => {
    const core = asked();
    expect(core.sent('prevote').map((effect) => effect.to.nodeId)).toEqual([1, 3]);
    expect(core.sent('prevote')[0]).toEqual({
      type: 'send',
      to: voter(1),
      request: {
        message: 'prevote',
        body: {
          term: 4,
          candidate: 2,
          position: { reignTerm: 3, lsn: 1_000n },
          configurationVersion: { term: 3, counter: 1 },
          leaseMs,
          token: null,
          timeline: 3,
          reigns,
        },
      },
      tag: { sentAtMs: startMs, scope: core.state.campaign?.id },
      timeoutMs: voteLimitMs,
    });
    expect(core.state.durable).toMatchObject({ term: 3, votedFor: null });
  });

  it('waits for an answer for 50 ms at least', () => {
    const durable = { configuration: { ...configuration, leaseMs: 800 } };
    expect(asked({ durable }).sent('prevote')[0]?.timeoutMs).toBe(50);
  });

  it('is given up when the end of the own WAL has become unknown', () => {
    const core = new Core(standby()).feed({ type: 'tick' }).answerStatus(1, null);
    core.feed({ type: 'observed', server: { ...standbyServer, walEnd: null }, walMovedAtMs: null });
    core.answerStatus(3, status(3)).after(250);
    expect(core.sent('prevote')).toEqual([]);
    expect(core.state.campaign).toBeNull();
    expect(text(core)).toBe('no election: the end of its own WAL is not known');
  });

  it('is given up when this node would refuse such a vote itself', () => {
    const core = new Core(standby()).feed({ type: 'tick' }).answerStatus(1, null);
    core.feed({ type: 'observed', server: standbyServer, walMovedAtMs: startMs });
    core.answerStatus(3, status(3));
    expect(core.sent('prevote')).toEqual([]);
    expect(text(core)).toContain('no election: WAL from the primary moved');
  });

  it('is not given up for that by a server that is open', () => {
    const state = { serverChangedAtMs: startMs, walMovedAtMs: startMs };
    expect(asked({ server: primaryServer, state }).sent('prevote')).toHaveLength(2);
  });

  it('is not given up for that by a primary whose server does not answer just now', () => {
    const state = { listeningSinceMs: startMs - 10 };
    const overrides = {
      durable: { term: 4 },
      server: { verdict: 'busy' },
      reign: { higherTerm: 6 },
      state,
    } as const;
    const core = new Core(primary(overrides)).feed({ type: 'tick' });
    expect(core.sent('prevote')[0]?.request.body).toMatchObject({ term: 7 });
  });

  it('that nobody answers is given up at the end of its round', () => {
    const core = asked().after(999);
    expect(stage(core)).toBe('preVote');
    core.after(1);
    expect(core.state.campaign).toBeNull();
    expect(text(core)).toBe('no election: not enough votes came in time');
  });
});

describe('votes', () => {
  it('of two others must be given out of five', () => {
    const core = asked({ durable: five }).answer('prevote', {}, [3]);
    expect(stage(core)).toBe('preVote');
    expect(stage(core.answer('prevote', {}, [5]))).toBe('stoppingReceiver');
  });

  it('of both are needed out of two', () => {
    const two = { configuration: { ...configuration, voters: [voter(2), voter(3)] } };
    const core = silent(asked({ durable: two }), 'prevote', 3);
    expect(core.state.campaign).toBeNull();
    expect(text(core)).toBe('no election: 1 of 2 votes (the others are silent)');
  });

  it('are given up as soon as those that are open cannot make a majority', () => {
    const core = asked().answer('prevote', { granted: false, reason: 'it is paused' }, [1]);
    expect(stage(core)).toBe('preVote');
    core.answer('prevote', { granted: false, reason: null }, [3]);
    expect(core.state.campaign).toBeNull();
    expect(text(core)).toBe('no election: 1 of 2 votes (node 1: it is paused; node 3: refused)');
  });

  it('of nodes that are no voters do not count', () => {
    const core = asked({ durable: five }).answer('prevote', {}, [3, 8, 9]);
    expect(stage(core)).toBe('preVote');
  });

  it('given twice by the same voter count once', () => {
    const core = asked({ durable: five }).answer('prevote', {}, [3, 3]);
    expect(stage(core)).toBe('preVote');
  });

  it('in earnest are no pre-votes, nor the other way round', () => {
    expect(stage(asked().answer('vote', {}, [3]))).toBe('preVote');
    const core = standing().answer('prevote', {}, [1, 3]);
    expect(core.state).toMatchObject({ reign: null, campaign: { stage: 'vote', votes: {} } });
  });

  it('bring what the voter knows of reigns and timelines', () => {
    const more = [...reigns, reign(4, 3, 5, 2_000, 2)];
    const refusal: Partial<VoteReply> = { granted: false, reason: 'no', reigns: more, highestTimeline: 8 };
    const core = asked({ durable: five }).answer('prevote', refusal, [3]);
    expect(core.state.durable.reigns).toEqual(more);
    expect(core.state.highestTimelineHeard).toBe(8);
    core.answer('prevote', { highestTimeline: 4 }, [4]);
    expect(core.state.highestTimelineHeard).toBe(8);
  });

  it('of a daemon that has just started must come from others, all of them', () => {
    const state = { listeningSinceMs: startMs - 10, serverChangedAtMs: startMs };
    const core = asked({ server: primaryServer, state }).answer('prevote', {}, [3]);
    expect(stage(core)).toBe('preVote');
    core.answer('prevote', {}, [1]);
    expect(stage(core)).toBe('vote');
    // An open server has no receiver to stop.
    expect(core.has('stopReceiver')).toBe(false);
    expect(core.state).toMatchObject({ isReceiverHeld: false, operation: null });
  });

  it('of a daemon that was registered anew, as another voter, must come from others too', () => {
    const voters = [voter(1), voter(2, 'former'), voter(3)];
    const core = asked({ durable: { configuration: { ...configuration, voters } } }).answer(
      'prevote',
      {},
      [3],
    );
    expect(stage(core)).toBe('preVote');
    expect(stage(core.answer('prevote', {}, [1]))).toBe('stoppingReceiver');
  });

  it('elect the only voter by its own', () => {
    const alone = { configuration: { ...configuration, voters: [voter(2)] } };
    const core = new Core(standby({ durable: alone })).feed({ type: 'tick' }).finish(stopped);
    expect(core.state).toMatchObject({ role: 'promoting', reign: { term: 4 } });
  });
});

describe('a candidate that learns that it is no voter any more', () => {
  const removed = (voters = [voter(1), voter(3)]) => ({
    ...configuration,
    version: { term: 3, counter: 2 },
    voters,
  });

  it.each([
    ['it was removed', removed()],
    ['it was registered anew', removed([voter(1), voter(2, 'another'), voter(3)])],
  ])('counts its own vote no more: %s', (_, newer) => {
    const refusal = { granted: false, reason: 'its configuration is newer', configuration: newer };
    const core = asked().answer('prevote', refusal, [3]).answer('prevote', {}, [1]);
    expect(core.has('stopReceiver')).toBe(false);
    expect(core.state.campaign).toBeNull();
    expect(core.state.durable).toMatchObject({ term: 3, votedFor: null });
  });
});

describe('the receiver', () => {
  it('is held still for two seconds at most before votes are asked for', () => {
    const core = stopping();
    expect(core.one('stopReceiver').deadlineMs).toBe(startMs + 2_000);
    expect(core.state).toMatchObject({ isReceiverHeld: true, operation: { kind: 'stopReceiver' } });
    expect(stage(core.after(1_999))).toBe('stoppingReceiver');
    core.after(1);
    expect(core.state.campaign).toBeNull();
    expect(text(core)).toBe('no election: the WAL receiver could not be stopped');
  });

  it('that stands still too late starts no vote', () => {
    const core = stopping().after(2_000).finish(stopped);
    expect(core.sent('vote')).toEqual([]);
    expect(core.state.durable.term).toBe(3);
  });

  it('that could not be stopped starts no vote', () => {
    const core = stopping().finish({ ...stopped, walEnd: null, reason: 'no' });
    expect(core.sent('vote')).toEqual([]);
    expect(text(core)).toBe('no election: the end of its own WAL is not known');
    expect(core.state.durable.term).toBe(3);
  });

  it('that still brought WAL of the primary starts no vote', () => {
    const core = stopping();
    core.feed({ type: 'observed', server: standbyServer, walMovedAtMs: core.nowMs });
    core.finish(stopped);
    expect(core.sent('vote')).toEqual([]);
    expect(text(core)).toBe('no election: a primary was heard meanwhile');
  });

  it('that stands still after a pause was heard of starts no vote', () => {
    const newer = { ...configuration, version: { term: 3, counter: 2 }, paused: true };
    const core = asked()
      .answer('prevote', { granted: false, configuration: newer }, [1])
      .answer('prevote', {}, [3])
      .finish(stopped);
    expect(core.sent('vote')).toEqual([]);
    expect(core.state.campaign).toBeNull();
    expect(core.state.durable).toMatchObject({ term: 3, votedFor: null });
  });
});

describe('the earnest round', () => {
  const campaigning = (overrides: Overrides, change: Partial<Campaign> = {}) => {
    const transition = new Transition(standby(overrides), startMs, 0.5);
    transition.state.campaign = { ...newCampaign(transition, 'stoppingReceiver', null), term: 4, ...change };
    sendVotes(transition);
    return transition;
  };
  const asksFor = (transition: Transition) =>
    transition.effects.filter((effect) => effect.type === 'send').length;

  it.each([
    ['a newer term is known', { term: 5 }, 0],
    ['a newer term was voted in for itself', { term: 5, votedFor: id(2) }, 0],
    ['another got the own vote of this term', { term: 4, votedFor: id(3) }, 0],
    ['the term is known without a vote', { term: 4, votedFor: null }, 0],
    ['the own vote of this term was for itself', { term: 4, votedFor: id(2) }, 2],
    ['the term is new', { term: 3, votedFor: id(3) }, 2],
  ])('does not vote twice in a term: %s', (_, durable, requests) => {
    expect(asksFor(campaigning({ durable }))).toBe(requests);
  });

  it('ends where there is no configuration any more', () => {
    expect(campaigning({ durable: { configuration: null } }).state.campaign).toBeNull();
  });

  it('is held under a lease only with the token of its holder', () => {
    const state = { lease: { holder: id(1), term: 3, untilMs: startMs + 1 } };
    const token = { term: 3, nextTerm: 4, issuer: id(1), target: id(2) };
    expect(asksFor(campaigning({ state }))).toBe(0);
    expect(asksFor(campaigning({ state }, { token }))).toBe(2);
    expect(asksFor(campaigning({ state: { lease: { ...state.lease, untilMs: startMs } } }))).toBe(2);
  });

  it('is held by a primary in place, whatever WAL it once received', () => {
    const state = { reign: primary().reign, walMovedAtMs: startMs };
    expect(asksFor(campaigning({ server: primaryServer, state }))).toBe(2);
  });

  it.each([
    ['the server is open', null, 2],
    ['a timeline would be opened', 3, 0],
  ])('under a pause depends: %s', (_, timeline, requests) => {
    const durable = { configuration: { ...configuration, paused: true } };
    expect(asksFor(campaigning({ durable }, { timeline }))).toBe(requests);
  });

  it('takes the timeline that it asks for, and never forgets a higher one', () => {
    expect(campaigning({}, { timeline: 7 }).state.durable.highestTimeline).toBe(7);
    expect(
      campaigning({ durable: { highestTimeline: 9 } }, { timeline: 7 }).state.durable.highestTimeline,
    ).toBe(9);
    expect(campaigning({}, { timeline: null }).state.durable.highestTimeline).toBe(2);
  });

  it('begins in no other stage', () => {
    const transition = campaigning({}, { stage: 'preVote' });
    expect(transition.effects).toEqual([]);
    expect(transition.state.campaign?.stage).toBe('preVote');
  });
});

describe('time', () => {
  it('for votes is the part of the lease in which the winner could still fence', () => {
    const core = standing();
    expect(core.state.campaign).toMatchObject({ sentAtMs: startMs, untilMs: startMs + voteLimitMs });
    core.after(voteLimitMs - 1).answer('vote', {}, [3]);
    expect(core.state.role).toBe('promoting');
  });

  it('is over exactly then', () => {
    const core = standing().after(voteLimitMs - 1);
    expect(stage(core)).toBe('vote');
    core.after(1);
    expect(core.state.campaign).toBeNull();
    expect(text(core)).toBe('no election: not enough votes came in time');
  });

  it('counts from the requests, not from the stop of the receiver before', () => {
    const core = stopping().after(1_500).finish(stopped);
    expect(core.sent('vote')[0]?.tag.sentAtMs).toBe(startMs + 1_500);
    expect(core.state.campaign?.untilMs).toBe(startMs + 1_500 + voteLimitMs);
  });
});
