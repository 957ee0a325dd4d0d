import { describe, expect, it } from 'vitest';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import { dropPendingVote, voteReply } from '../../../../src/decisions/failover/vote-reply.ts';
import { configuration, id, reigns, standby, startMs, voteRequest } from './core-fixture.ts';

const open = (overrides: Parameters<typeof standby>[0] = {}) =>
  new Transition(standby(overrides), startMs, 0);
const position = { reignTerm: 3, lsn: 1_000n };

describe('the answer to a request for a vote', () => {
  const shown = {
    nodeId: 2,
    incarnation: 'incarnation-2',
    startCounter: 1,
    term: 3,
    configurationVersion: configuration.version,
    reigns,
    highestTimeline: 7,
  };
  const heard = { state: { highestTimelineHeard: 7 } };

  it('names the final position with a vote, and no configuration: the candidate has it', () => {
    expect(voteReply(open(heard), null, true)).toEqual({
      ...shown,
      granted: true,
      reason: null,
      position,
      configuration: null,
    });
  });

  it('names no position with a pre-vote: the receiver still runs', () => {
    expect(voteReply(open(heard), null, false)).toMatchObject({ granted: true, position: null });
  });

  it('hands over reason, position and configuration with a refusal', () => {
    expect(voteReply(open(heard), 'behind', false)).toEqual({
      ...shown,
      granted: false,
      reason: 'behind',
      position,
      configuration,
    });
  });

  it('has nothing to hand over where nothing is known', () => {
    const transition = open({ durable: { configuration: null }, server: { walEnd: null } });
    expect(voteReply(transition, 'no', false)).toMatchObject({ position: null, configuration: null });
  });
});

describe('a vote that was being given', () => {
  it('is refused to the one who asked, once', () => {
    const pendingVote = { replyTo: 'asked', request: voteRequest({ candidate: id(3) }) };
    const transition = open({ state: { pendingVote } });
    dropPendingVote(transition, 'it is busy');
    dropPendingVote(transition, 'it is busy');
    expect(transition.state.pendingVote).toBeNull();
    expect(transition.effects).toMatchObject([
      { type: 'reply', replyTo: 'asked', body: { granted: false, reason: 'it is busy' } },
    ]);
  });

  it('is answered after what was decided instead is stored', () => {
    const transition = open({ state: { pendingVote: { replyTo: 'asked', request: voteRequest() } } });
    transition.remember({ intent: 'fenced' });
    dropPendingVote(transition, 'it is busy');
    expect(transition.effects.map((effect) => effect.type)).toEqual(['persist', 'reply']);
  });
});
