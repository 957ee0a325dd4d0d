import type { NodeId } from '../../domain/node.ts';
import type { ProtocolStatus, TransferToken, VoteReply, VoteRequest } from '../../domain/peer-messages.ts';
import type { WalPosition } from '../../domain/reign.ts';
import { isSuspended } from '../../domain/voting-configuration.ts';
import { adoptConfiguration } from './configuration.ts';
import { isTrustworthy } from './identity.ts';
import { boundByLease, leaseMarginMs, ownsLatestTerm, startWaitMs } from './lease.ts';
import { win } from './opening.ts';
import { comparePositions } from './position.ts';
import { majorityOf } from './quorum.ts';
import { type Campaign, highestTimeline } from './state.ts';
import { ownPosition, whyNotPromotable } from './status.ts';
import type { Transition } from './transition.ts';
import { refuseVote } from './voter.ts';

/** After a majority has answered, how much longer the others are given before the best is chosen. */
const graceForOthersMs = 60;
/** Head start of each better candidate over the next. */
const rankDelayMs = 250;
const receiverStopLimitMs = 2_000;

function roundLimitMs(transition: Transition): number {
  return Math.min(1_000, transition.leaseMs / 2);
}

/** Whether this node could stand at all, and if so, the time from when on it may begin. */
export function campaignDueMs(transition: Transition): number | null {
  const { state } = transition;
  if (
    state.campaign !== null ||
    state.reign !== null ||
    state.operation !== null ||
    state.pendingVote !== null
  )
    return null;
  if (state.role !== 'follower' && state.role !== 'fenced') return null;
  if (state.listeningSinceMs === null || whyNotPromotable(state) !== null) return null;
  const lease = state.lease?.holder === transition.self ? 0 : (state.lease?.untilMs ?? 0);
  const still =
    state.walMovedAtMs === null || isOpenServer(transition) ? 0 : state.walMovedAtMs + transition.leaseMs;
  const wait = startWaitMs(state, transition.nowMs);
  const started = isOpenServer(transition) || ownsLatestTerm(state) ? 0 : transition.nowMs + wait;
  return Math.max(lease, still, started, state.nextCampaignAtMs);
}

/** A server that runs out of recovery without a lease stands where it is (§6.9, §8). */
export function isOpenServer(transition: Transition): boolean {
  const { server } = transition.state;
  return server.verdict === 'up' && server.recoveryState === 'primary';
}

/** Asks everybody what they know before anything is changed. */
export function startCampaign(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.durable.configuration === null) return;
  if (state.role === 'follower' || state.role === 'fenced') state.role = 'candidate';
  const campaign = newCampaign(transition, 'gathering', null);
  state.campaign = campaign;
  const tag = { sentAtMs: nowMs, scope: campaign.id };
  for (const voter of transition.otherVoters) {
    transition.send(voter, { message: 'status', body: null }, tag, roundLimitMs(transition));
  }
  probePrimary(transition);
  considerStatuses(transition);
}

/** The primary stands again where it is, because voters mention a newer term without a reign (§6.9). */
export function standInPlace(transition: Transition): void {
  transition.state.campaign = newCampaign(transition, 'gathering', null);
  startPreVote(transition);
}

/** The token of the primary that ends its reign: stand now, without asking first (§5). */
export function standByToken(transition: Transition, token: TransferToken): string | null {
  const { state } = transition;
  const reason = whyNotPromotable(state);
  if (reason !== null) return reason;
  if (state.operation !== null || state.pendingVote !== null) return 'its server is busy';
  if (state.lease?.holder !== token.issuer || state.lease.term !== token.term)
    return 'it is not bound to the issuer';
  if (token.nextTerm <= state.durable.term) return `term ${state.durable.term} is not older than the token's`;
  if (state.role !== 'follower' && state.role !== 'candidate' && state.role !== 'fenced')
    return `it is ${state.role}`;
  state.role = 'candidate';
  state.campaign = newCampaign(transition, 'stoppingReceiver', token);
  transition.explain('§5', `node ${token.issuer} hands over: standing in term ${token.nextTerm}`, {
    issuer: token.issuer,
  });
  startVote(transition);
  return null;
}

function newCampaign(
  transition: Transition,
  stage: Campaign['stage'],
  token: TransferToken | null,
): Campaign {
  return {
    id: transition.newId(),
    stage,
    startedAtMs: transition.nowMs,
    untilMs: transition.nowMs + roundLimitMs(transition),
    token,
    term: token?.nextTerm ?? transition.state.durable.term + 1,
    sentAtMs: transition.nowMs,
    timeline: proposedTimeline(transition),
    statuses: {},
    votes: {},
    countsOwnVote: isOwnVoteCounted(transition),
  };
}

/** A number that nobody has heard of; a server that is open goes on with its timeline. */
function proposedTimeline(transition: Transition): number | null {
  return isOpenServer(transition) ? null : highestTimeline(transition.state) + 1;
}

/** The daemon's own vote obeys the same wait after a start as those of others. */
function isOwnVoteCounted(transition: Transition): boolean {
  const { state } = transition;
  if (transition.voter(transition.self)?.incarnation !== state.durable.incarnation) return false;
  // In term 0 nothing was ever promised to anybody.
  return (
    state.durable.term === 0 ||
    state.reign !== null ||
    ownsLatestTerm(state) ||
    startWaitMs(state, transition.nowMs) === 0
  );
}

/** Gives up; tries again after a random part of a lease. */
export function abandon(transition: Transition, reason: string, waitMs?: number): void {
  const { state } = transition;
  const delay = waitMs ?? 50 + transition.random * transition.leaseMs * 0.5;
  if (state.role === 'candidate') state.role = state.server.verdict === 'gone' ? 'fenced' : 'follower';
  state.campaign = null;
  state.nextCampaignAtMs = transition.nowMs + delay;
  transition.explain('§6', `no election: ${reason}`, { retryMs: Math.round(delay) });
}

export function onStatusOfVoter(transition: Transition, from: NodeId, status: ProtocolStatus | null): void {
  const { state } = transition;
  const { campaign } = state;
  if (campaign === null) return;
  if (status !== null && !isTrustworthy(transition, from, status)) return;
  if (status !== null)
    state.highestTimelineHeard = Math.max(state.highestTimelineHeard, status.highestTimeline);
  state.campaign = { ...campaign, statuses: { ...campaign.statuses, [from]: status } };
  if (campaign.stage === 'gathering') considerStatuses(transition);
}

/** How long before the end of a silent primary's lease its server is asked, so that no time is lost then. */
function probeLeadMs(transition: Transition): number {
  return Math.min(1_000, transition.leaseMs / 3);
}

/** When the silent primary's own server is to be asked; null when it was, or when there is none to ask. */
export function probeDueMs(transition: Transition): number | null {
  const { lease, probe, reign, role } = transition.state;
  if (lease === null || reign !== null || lease.holder === transition.self) return null;
  if (role !== 'follower' && role !== 'candidate' && role !== 'fenced') return null;
  const due = lease.untilMs - probeLeadMs(transition);
  return probe !== null && probe.holder === lease.holder && probe.startedAtMs >= due ? null : due;
}

export function probePrimary(transition: Transition): void {
  const { state, nowMs } = transition;
  const due = probeDueMs(transition);
  const holder = state.lease === null ? undefined : transition.voter(state.lease.holder);
  if (due === null || nowMs < due || holder === undefined) return;
  const id = transition.newId();
  state.probe = { id, holder: holder.nodeId, startedAtMs: nowMs, isWritable: null };
  transition.effect({ type: 'probePrimary', scope: id, primary: holder, timeoutMs: probeLeadMs(transition) });
}

export function onPrimaryProbed(transition: Transition, scope: number, isWritable: boolean): void {
  const { state } = transition;
  if (state.probe?.id !== scope) return;
  state.probe = { ...state.probe, isWritable };
  if (state.campaign?.stage === 'gathering') considerStatuses(transition);
}

/** A probe under way is worth waiting for; without one there is nobody to ask. */
function isProbing(transition: Transition): boolean {
  const { probe, lease } = transition.state;
  return probe !== null && probe.holder === lease?.holder && probe.isWritable === null;
}

/** §6.1 to §6.4: quorum, vetoes, ranking. Called whenever an answer comes and when time is up. */
export function considerStatuses(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign === null || campaign.stage !== 'gathering') return;
  const others = transition.otherVoters;
  const answered = others.flatMap((voter) => campaign.statuses[voter.nodeId] ?? []);
  const isQuorate = answered.length + 1 >= majorityOf(transition.voters.length);
  const isComplete = others.every((voter) => campaign.statuses[voter.nodeId] !== undefined);
  const isOver = nowMs >= campaign.untilMs;
  if (!isComplete && !isOver && !(isQuorate && nowMs >= campaign.startedAtMs + graceForOthersMs)) return;
  // The probe of the silent primary's server is worth waiting for: it may be alive without its daemon.
  if (isProbing(transition) && !isOver) return;
  if (!isQuorate) {
    reportNoQuorum(transition, answered.length + 1);
    return;
  }
  const veto = findVeto(transition, answered);
  if (veto !== null) {
    abandon(transition, veto.reason, veto.waitMs);
    return;
  }
  const rank = rankOf(transition, answered);
  if (rank === 0) {
    startPreVote(transition);
    return;
  }
  transition.explain('§6.4', `${rank} better candidate${rank > 1 ? 's stand' : ' stands'} first`, { rank });
  state.campaign = { ...campaign, stage: 'waiting', untilMs: nowMs + rank * rankDelayMs };
}

function reportNoQuorum(transition: Transition, reached: number): void {
  const needed = majorityOf(transition.voters.length);
  const text = `only ${reached} of ${transition.voters.length} voters answer, ${needed} are needed`;
  const isNews = transition.state.explanation?.text !== `no election: ${text}`;
  abandon(transition, text);
  if (isNews) transition.notify('repmgrd_no_quorum', text, { successful: false });
}

interface Veto {
  readonly reason: string;
  readonly waitMs: number;
}

function findVeto(transition: Transition, answered: readonly ProtocolStatus[]): Veto | null {
  const { leaseMs, state } = transition;
  if (state.probe?.isWritable === true && state.probe.holder === state.lease?.holder) {
    state.probe = null;
    const reason = `the daemon of node ${state.lease.holder} is silent, but its PostgreSQL accepts writes`;
    return { reason, waitMs: leaseMs / 4 };
  }
  for (const status of answered) {
    const holds = status.leaseRemainingMs > 0 && status.leaseHolder !== transition.self;
    if (holds && status.leaseHolder !== null) {
      const reason = `node ${status.nodeId} is bound to node ${status.leaseHolder} for another ${Math.ceil(status.leaseRemainingMs)} ms`;
      return { reason, waitMs: Math.min(status.leaseRemainingMs, leaseMs) + 1 };
    }
    const isStreaming =
      status.walStillMs !== null && status.walStillMs < leaseMs && !isOpenServer(transition);
    if (isStreaming && status.walStillMs !== null) {
      return { reason: `WAL still moves at node ${status.nodeId}`, waitMs: leaseMs - status.walStillMs + 1 };
    }
    if (status.paused)
      return { reason: `node ${status.nodeId} knows failover to be paused`, waitMs: leaseMs / 2 };
  }
  return null;
}

interface Candidate {
  readonly nodeId: NodeId;
  readonly position: WalPosition;
  readonly priority: number;
}

/** How many promotable nodes come before this one: position, then priority, then the lower node id (§6.3). */
function rankOf(transition: Transition, answered: readonly ProtocolStatus[]): number {
  const { state } = transition;
  const position = ownPosition(state);
  if (position === null) return answered.length;
  const self: Candidate = { nodeId: transition.self, position, priority: state.parameters.priority };
  return answered.filter(
    (status) =>
      status.isPromotable &&
      status.position !== null &&
      comesBefore({ nodeId: status.nodeId, position: status.position, priority: status.priority }, self),
  ).length;
}

export function comesBefore(a: Candidate, b: Candidate): boolean {
  const byPosition = comparePositions(a.position, b.position);
  if (byPosition !== 0) return byPosition > 0;
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.nodeId < b.nodeId;
}

export function startPreVote(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign, durable } = state;
  const position = ownPosition(state);
  if (campaign === null || durable.configuration === null) return;
  if (position === null) {
    abandon(transition, 'the end of its own WAL is not known');
    return;
  }
  const term = Math.max(durable.term, state.reign?.higherTerm ?? 0) + 1;
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
    token: campaign?.token ?? null,
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
    if (vote.configuration !== null) adoptConfiguration(transition, vote.configuration);
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
  const own = campaign.countsOwnVote ? 1 : 0;
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
function startVote(transition: Transition): void {
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
    campaign.token === null && state.reign === null && boundByLease(transition, transition.self) !== null;
  const isStale = campaign.term <= state.durable.term && state.durable.votedFor !== transition.self;
  const isPaused = state.durable.configuration === null || isSuspended(state.durable.configuration);
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

/** Time is up for the present stage. */
export function onCampaignTimer(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign === null) return;
  if (campaign.stage === 'gathering') considerStatuses(transition);
  else if (nowMs < campaign.untilMs) return;
  else if (campaign.stage === 'waiting') startPreVote(transition);
  else if (campaign.stage === 'stoppingReceiver')
    abandon(transition, 'the WAL receiver could not be stopped');
  else abandon(transition, 'not enough votes came in time');
}

/** When the campaign wants to be looked at again. */
export function campaignTimerMs(campaign: Campaign, nowMs: number): number {
  if (campaign.stage !== 'gathering') return campaign.untilMs;
  const grace = campaign.startedAtMs + graceForOthersMs;
  return nowMs < grace ? Math.min(grace, campaign.untilMs) : campaign.untilMs;
}
