import type { NodeId } from '../../domain/node.ts';
import type { VoteReply, VoteRequest } from '../../domain/peer-messages.ts';
import type { WalPosition } from '../../domain/reign.ts';
import { isSuspended } from '../../domain/voting-configuration.ts';
import { abandon, proposedTimeline, roundLimitMs } from './campaign-stage.ts';
import { isOpenServer } from './candidacy.ts';
import { adoptConfiguration } from './configuration.ts';
import { isTrustworthy } from './identity.ts';
import { learnReigns } from './learn-reigns.ts';
import { boundByLease, leaseMarginMs } from './lease.ts';
import { win } from './opening.ts';
import { majorityOf } from './quorum.ts';
import { isReleased } from './release.ts';
import { ownPosition } from './status.ts';
import type { Transition } from './transition.ts';
import { refuseVote } from './voter.ts';

const receiverStopLimitMs = 2_000;

export function startPreVote(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign, durable } = state;
  const position = ownPosition(state);
  if (campaign === null || durable.configuration === null) return;
  if (position === null) {
    abandon(transition, 'the end of its own WAL is not known');
    return;
  }
  const heard = [...Object.values(campaign.statuses), ...Object.values(campaign.votes)];
  const term =
    Math.max(durable.term, state.reign?.higherTerm ?? 0, ...heard.map((reply) => reply?.term ?? 0)) + 1;
  state.campaign = {
    ...campaign,
    stage: 'preVote',
    term,
    untilMs: nowMs + roundLimitMs(transition),
    timeline: proposedTimeline(transition),
    votes: {},
    sentAtMs: nowMs,
  };
  const refusal = refuseVote(transition, voteRequest(transition, position, term));
  if (refusal !== null && state.reign === null && !isOpenServer(transition)) {
    abandon(transition, refusal);
    return;
  }
  requestVotes(transition, 'prevote', position);
  considerVotes(transition);
}

function voteRequest(transition: Transition, position: WalPosition, term: number): VoteRequest {
  const { durable, campaign } = transition.state;
  return {
    term,
    candidate: transition.self,
    position,
    configurationVersion: durable.configuration?.version ?? { term: 0, counter: 0 },
    leaseMs: transition.leaseMs,
    token: campaign?.token ?? null,
    ...(transition.state.release === null ? {} : { release: transition.state.release }),
    timeline: campaign?.timeline ?? null,
    reigns: durable.reigns,
  };
}

function requestVotes(transition: Transition, message: 'prevote' | 'vote', position: WalPosition): void {
  const { campaign } = transition.state;
  if (campaign === null) return;
  const body = voteRequest(transition, position, campaign.term);
  for (const voter of transition.otherVoters) {
    transition.send(
      voter,
      { message, body },
      { sentAtMs: transition.nowMs, scope: campaign.id },
      voteLimitMs(transition),
    );
  }
}

/** A vote may take a receiver's stop; it must still arrive while the lease that it gives is worth something. */
function voteLimitMs(transition: Transition): number {
  return Math.max(
    50,
    transition.leaseMs - leaseMarginMs(transition.leaseMs) - transition.state.parameters.fenceBudgetMs,
  );
}

export function onVoteOfVoter(
  transition: Transition,
  from: NodeId,
  vote: VoteReply | null,
  isPreVote: boolean,
): void {
  const { state } = transition;
  const { campaign } = state;
  if (campaign === null || campaign.stage !== (isPreVote ? 'preVote' : 'vote')) return;
  if (vote !== null && !isTrustworthy(transition, from, vote)) return;
  if (vote !== null) {
    state.highestTimelineHeard = Math.max(state.highestTimelineHeard, vote.highestTimeline);
    learnReigns(transition, vote.reigns, from);
    adoptConfiguration(transition, vote.configuration);
  }
  state.campaign = { ...campaign, votes: { ...campaign.votes, [from]: vote } };
  considerVotes(transition);
}

function considerVotes(transition: Transition): void {
  const { state } = transition;
  const { campaign } = state;
  if (campaign === null) return;
  const needed = majorityOf(transition.voters.length);
  const votes = transition.otherVoters.map((voter) => campaign.votes[voter.nodeId]);
  // A configuration that was handed over with a refusal may count this daemon no more.
  const isVoter = transition.voter(transition.self)?.incarnation === state.durable.incarnation;
  const own = isVoter && campaign.countsOwnVote ? 1 : 0;
  const granted = votes.filter((vote) => vote?.granted === true).length + own;
  const open = votes.filter((vote) => vote === undefined).length;
  if (granted >= needed) {
    if (campaign.stage === 'preVote') startVote(transition);
    else win(transition, campaign);
    return;
  }
  if (granted + open < needed) abandon(transition, describeRefusals(votes, granted, needed));
}

function describeRefusals(
  votes: readonly (VoteReply | null | undefined)[],
  granted: number,
  needed: number,
): string {
  const reasons = votes.flatMap((vote) =>
    vote?.granted === false ? [`node ${vote.nodeId}: ${vote.reason ?? 'refused'}`] : [],
  );
  const why = reasons.length === 0 ? 'the others are silent' : reasons.join('; ');
  return `${granted} of ${needed} votes (${why})`;
}

/** The earnest round: own receiver still, own vote stored, then the requests. */
export function startVote(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign === null) return;
  const { server } = state;
  const mustStop = server.verdict === 'up' && server.recoveryState === 'standby';
  state.campaign = { ...campaign, stage: 'stoppingReceiver', untilMs: nowMs + receiverStopLimitMs };
  if (!mustStop) {
    sendVotes(transition);
    return;
  }
  state.isReceiverHeld = true;
  const id = transition.begin('stopReceiver');
  transition.effect({ type: 'stopReceiver', id, deadlineMs: nowMs + receiverStopLimitMs });
}

/** The receiver stands still: with the final position, vote for oneself and ask the others. */
export function sendVotes(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign === null || campaign.stage !== 'stoppingReceiver') return;
  const position = ownPosition(state);
  if (position === null) {
    abandon(transition, 'the end of its own WAL is not known');
    return;
  }
  const isBound =
    campaign.token === null &&
    state.reign === null &&
    !isReleased(state) &&
    boundByLease(transition, transition.self) !== null;
  const isStale = campaign.term <= state.durable.term && state.durable.votedFor !== transition.self;
  const { configuration } = state.durable;
  const isPaused = configuration === null || (isSuspended(configuration) && campaign.timeline !== null);
  if (isBound || isStale || isPaused || campaign.term < state.durable.term) {
    abandon(transition, 'a primary was heard meanwhile');
    return;
  }
  transition.remember({
    term: campaign.term,
    votedFor: transition.self,
    highestTimeline: Math.max(state.durable.highestTimeline, campaign.timeline ?? 0),
  });
  state.campaign = {
    ...campaign,
    stage: 'vote',
    sentAtMs: nowMs,
    untilMs: nowMs + voteLimitMs(transition),
    votes: {},
  };
  requestVotes(transition, 'vote', position);
  considerVotes(transition);
}
