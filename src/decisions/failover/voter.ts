import type { NodeId } from '../../domain/node.ts';
import type { HeartbeatReply, HeartbeatRequest, VoteRequest } from '../../domain/peer-messages.ts';
import type { WalPosition } from '../../domain/reign.ts';
import { compareVersions, isSuspended } from '../../domain/voting-configuration.ts';
import { adoptConfiguration } from './configuration.ts';
import { becomeFencing } from './fencing.ts';
import { followPrimary } from './following.ts';
import { ownIdentity } from './identity.ts';
import { learnReigns, withReigns } from './learn-reigns.ts';
import { boundByLease, isPromisedTo, startWaitMs } from './lease.ts';
import { comparePositions, positionOf } from './position.ts';
import { isReleased } from './release.ts';
import { type CoreState, highestTimeline } from './state.ts';
import type { Transition } from './transition.ts';
import { dropPendingVote, voteReply } from './vote-reply.ts';

const receiverStopLimitMs = 2_000;

/** Heartbeat of a primary or winner: an acceptance binds this voter for one lease (failover.md §4). */
export function onHeartbeat(
  transition: Transition,
  from: NodeId,
  replyTo: string,
  request: HeartbeatRequest,
): void {
  const { state } = transition;
  const refusal = refuseHeartbeat(transition, from, request);
  noteTimelines(transition, request.reigns);
  if (refusal !== null) {
    transition.reply(replyTo, heartbeatReply(transition, refusal));
    return;
  }
  acceptTerm(transition, from, request);
  const { leaseMs } = request.configuration;
  if (leaseMs > state.durable.longestLeaseMs) transition.remember({ longestLeaseMs: leaseMs });
  state.lease = { holder: from, term: request.term, untilMs: promiseUntilMs(transition, from, leaseMs) };
  state.release = null;
  state.validation = null;
  state.primary = { nodeId: from, term: request.term, phase: request.phase, heardAtMs: transition.nowMs };
  if (state.role === 'candidate') state.role = state.server.verdict === 'gone' ? 'fenced' : 'follower';
  if (state.role === 'handing over' && state.handover !== null && request.term > state.handover.term) {
    state.role = 'fenced';
    state.handover = null;
  }
  state.campaign = null;
  transition.reply(replyTo, heartbeatReply(transition, null));
  if (request.phase === 'writable') followPrimary(transition, from);
}

/** A lease that was made shorter takes back nothing of what was promised to its holder before. */
function promiseUntilMs({ state, nowMs }: Transition, holder: NodeId, leaseMs: number): number {
  const promised = state.lease?.holder === holder ? state.lease.untilMs : 0;
  return Math.max(promised, nowMs + leaseMs);
}

function refuseHeartbeat(transition: Transition, from: NodeId, request: HeartbeatRequest): string | null {
  const { state } = transition;
  const { durable } = state;
  if (request.primary !== from) return 'the sender is not the primary it names';
  if (request.term < durable.term) return `term ${durable.term} is newer`;
  const own = durable.configuration;
  if (own !== null && compareVersions(request.configuration.version, own.version) < 0) {
    return 'its configuration is older';
  }
  if (!request.configuration.voters.some((voter) => voter.nodeId === from)) return 'the sender is no voter';
  if (state.primary !== null && state.primary.term === request.term && state.primary.nodeId !== from) {
    transition.notify(
      'duplicate_node_id',
      `nodes ${state.primary.nodeId} and ${from} both claim term ${request.term}`,
      {
        successful: false,
      },
    );
    return `node ${state.primary.nodeId} is the primary of term ${request.term}`;
  }
  return refuseWhileLeading(transition, request);
}

/** A node that may be writable never binds itself to another: it fences on proof, else keeps its lease. */
function refuseWhileLeading(transition: Transition, request: HeartbeatRequest): string | null {
  const { state } = transition;
  const isOpen =
    state.parameters.isWitness !== true &&
    state.server.verdict !== 'gone' &&
    state.server.recoveryState === 'primary';
  const leads = state.reign !== null;
  if (state.role === 'fencing') return 'it is fencing itself';
  if (!leads && !isOpen) return null;
  const latestOwn = state.durable.reigns.findLast((reign) => reign.nodeId === transition.self);
  const ownTerm = state.reign?.term ?? latestOwn?.term ?? 0;
  const proof = request.reigns.find((reign) => reign.term > ownTerm && reign.nodeId !== transition.self);
  if (proof !== undefined && request.term > ownTerm) {
    becomeFencing(transition, '§6.9', `node ${proof.nodeId} reigns in term ${proof.term}`);
    return 'it is fencing itself';
  }
  if (request.term === ownTerm) {
    becomeFencing(transition, '§2', `node ${request.primary} also claims term ${ownTerm}`);
    return 'two primaries claim this term';
  }
  if (state.reign !== null) state.reign = { ...state.reign, higherTerm: request.term };
  return 'it is a primary under its own lease';
}

function acceptTerm(transition: Transition, from: NodeId, request: HeartbeatRequest): void {
  const { durable } = transition.state;
  if (request.term > durable.term) transition.remember({ term: request.term, votedFor: null });
  adoptConfiguration(transition, request.configuration);
  learnReigns(transition, request.reigns, from);
}

function noteTimelines(transition: Transition, reigns: HeartbeatRequest['reigns']): void {
  const highest = reigns.reduce((max, reign) => Math.max(max, reign.timeline), 0);
  if (highest > transition.state.highestTimelineHeard) transition.state.highestTimelineHeard = highest;
}

function heartbeatReply(transition: Transition, refusal: string | null): HeartbeatReply {
  const { state } = transition;
  return {
    ...ownIdentity(state),
    accepted: refusal === null,
    reason: refusal,
    reigns: state.durable.reigns,
    configuration: refusal === null ? null : state.durable.configuration,
    highestTimeline: highestTimeline(state),
  };
}

/** Would this node vote so, were it asked in earnest? Changes nothing. */
export function onPreVote(transition: Transition, replyTo: string, request: VoteRequest): void {
  transition.reply(replyTo, voteReply(transition, refuseVote(transition, request), false));
}

/**
 * A vote: after the first judgement the WAL receiver is held still, the position is read again and the
 * request judged anew before the vote is stored and given (failover.md §6.5).
 */
export function onVote(transition: Transition, replyTo: string, request: VoteRequest): void {
  const { state } = transition;
  if (isBeingGiven(state, request)) {
    // A copy of the request whose answer is under way, or the same asked once more: one answer is given.
    if (state.pendingVote?.replyTo !== replyTo) dropPendingVote(transition, 'it was asked again');
    state.pendingVote = { replyTo, request };
    return;
  }
  const refusal =
    refuseVote(transition, request) ?? (state.pendingVote === null ? null : 'another vote is being given');
  if (refusal !== null) {
    refuse(transition, replyTo, request, refusal);
    return;
  }
  if (!needsStill(transition, request.candidate)) {
    grant(transition, replyTo, request);
    return;
  }
  if (state.operation !== null) {
    transition.reply(
      replyTo,
      voteReply(transition, `its server is busy with ${state.operation.kind}`, false),
    );
    return;
  }
  state.pendingVote = { replyTo, request };
  state.isReceiverHeld = true;
  const id = transition.begin('stopReceiver');
  transition.effect({ type: 'stopReceiver', id, deadlineMs: transition.nowMs + receiverStopLimitMs });
}

function isBeingGiven({ pendingVote }: CoreState, { candidate, term }: VoteRequest): boolean {
  return pendingVote?.request.candidate === candidate && pendingVote.request.term === term;
}

/** The incumbent's own standbys cannot be ahead of it: their receivers may go on. */
function needsStill(transition: Transition, candidate: NodeId): boolean {
  const { server, isReceiverHeld, parameters } = transition.state;
  if (parameters.isWitness === true || server.verdict !== 'up' || server.recoveryState !== 'standby')
    return false;
  if (isReceiverHeld && !server.isReceiverActive) return true;
  return !(server.upstream === candidate && server.isReceiverActive);
}

/** The receiver stands still (or could not be stopped): judge again and answer. */
export function resumePendingVote(transition: Transition): void {
  const { state } = transition;
  const pending = state.pendingVote;
  if (pending === null) return;
  state.pendingVote = null;
  const refusal = refuseVote(transition, pending.request);
  if (refusal !== null) {
    refuse(transition, pending.replyTo, pending.request, refusal);
    return;
  }
  grant(transition, pending.replyTo, pending.request);
}

function refuse(transition: Transition, replyTo: string, request: VoteRequest, reason: string): void {
  const text = `refused node ${request.candidate} its vote in term ${request.term}: ${reason}`;
  transition.explain('§6.5', text, { candidate: request.candidate }, { kind: 'declined' });
  transition.reply(replyTo, voteReply(transition, reason, false));
}

function grant(transition: Transition, replyTo: string, request: VoteRequest): void {
  const { state } = transition;
  // As long as the candidate will count on, whichever configuration this voter has (failover.md §4).
  const leaseMs = request.leaseMs ?? transition.leaseMs;
  transition.remember({
    term: request.term,
    votedFor: request.candidate,
    reigns: withReigns(transition, request.reigns, request.candidate),
    longestLeaseMs: Math.max(leaseMs, state.durable.longestLeaseMs),
    highestTimeline: Math.max(state.durable.highestTimeline, request.timeline ?? 0),
  });
  const untilMs = promiseUntilMs(transition, request.candidate, leaseMs);
  state.lease = { holder: request.candidate, term: request.term, untilMs };
  state.release = null;
  if (state.role === 'candidate') state.role = state.server.verdict === 'gone' ? 'fenced' : 'follower';
  state.campaign = null;
  transition.explain('§6.5', `voted for node ${request.candidate} in term ${request.term}`, {
    candidate: request.candidate,
    term: request.term,
    token: request.token !== null,
  });
  transition.reply(replyTo, voteReply(transition, null, true));
}

/** Why this voter refuses, or null when it grants. Reads no term before the lease is judged. */
export function refuseVote(transition: Transition, request: VoteRequest): string | null {
  const { state, nowMs } = transition;
  const { durable } = state;
  const isWaived = isWaivedByToken(transition, request) || isReleased(state, request.release);
  if (!isWaived) {
    const bound = boundByLease(transition, request.candidate);
    if (bound !== null) return bound;
  }
  const isOwn = request.candidate === transition.self;
  // Also while its PostgreSQL is down: it may be starting it again under its lease.
  if (state.reign !== null && !isOwn) return `it leads in term ${state.reign.term} itself`;
  const wait = startWaitMs(state, nowMs);
  // All that this daemon can have promised in the term before a restart, it promised to the token's issuer.
  // To the primary of that term itself nothing else stands in the way: daemons that are all restarted at once must
  // not cost a healthy primary its lease.
  const isRenewal = isPromisedTo(state, request.candidate) && (isOwn || Number.isFinite(wait));
  if (wait > 0 && !isWaived && !isRenewal) return 'its daemon has just started';
  const { configuration } = durable;
  // The one that is open already may have its lease back where it is; nobody may take over (failover.md §4).
  // Without any configuration this voter is new: whoever counts it has it in his, and it has promised nothing.
  if (configuration !== null && isSuspended(configuration) && request.timeline !== null) {
    // Who knows a newer configuration and stands knows that the pause is over: its primary fences again.
    if (compareVersions(request.configurationVersion, configuration.version) <= 0)
      return 'failover is paused';
  }
  if (request.term < durable.term) return `term ${durable.term} is newer`;
  if (request.term === durable.term && durable.votedFor !== request.candidate) {
    return `it has no vote left in term ${durable.term}`;
  }
  if (configuration !== null && compareVersions(request.configurationVersion, configuration.version) < 0)
    return 'its configuration is newer';
  if (isOwn) return null;
  if (
    request.timeline !== null &&
    request.timeline <= highestTimeline(state) &&
    !isRepeated(transition, request)
  ) {
    return `timeline ${request.timeline} is taken`;
  }
  return refuseByServer(transition, request);
}

/** The same candidate in the same term: the timeline was taken by its own request. */
function isRepeated(transition: Transition, request: VoteRequest): boolean {
  const { durable } = transition.state;
  return (
    durable.term === request.term &&
    durable.votedFor === request.candidate &&
    request.timeline === durable.highestTimeline
  );
}

/** With the token of the primary that it is bound to, for exactly this target and term, the lease is void. */
function isWaivedByToken(transition: Transition, request: VoteRequest): boolean {
  const { token } = request;
  if (token === null || token.target !== request.candidate || token.nextTerm !== request.term) return false;
  const { state } = transition;
  if (token.issuer === transition.self) return state.durable.endedReigns.includes(token.term);
  return state.lease !== null && state.lease.holder === token.issuer && state.lease.term === token.term;
}

function refuseByServer(transition: Transition, request: VoteRequest): string | null {
  const { server, role, parameters } = transition.state;
  if (parameters.isWitness === true) return null;
  // Data under reconstruction is a copy in the making: it binds nobody.
  if (server.verdict === 'rebuilding') return null;
  if (role === 'fencing' || role === 'promoting') return `it is ${role}`;
  if (server.verdict === 'unknown' || server.verdict === 'busy') return 'its own PostgreSQL is not verified';
  if (server.verdict === 'up' && server.recoveryState === 'primary') return 'its own PostgreSQL is a primary';
  // It streams from the candidate, whose WAL therefore contains its own, however old the candidate's reading is.
  if (request.timeline === null && !needsStill(transition, request.candidate)) return null;
  const { own, candidate } = comparablePositions(transition, request);
  if (own === null) return 'its own WAL position is not known';
  if (candidate === null) return 'the WAL of the candidate belongs to no reign';
  if (comparePositions(candidate, own) < 0) return 'the candidate is behind';
  return null;
}

/**
 * Own and candidate's position by everything that both know of reigns: of two that end on the same timeline
 * one may not have heard of the latest reign there.
 */
function comparablePositions(
  transition: Transition,
  request: VoteRequest,
): { readonly own: WalPosition | null; readonly candidate: WalPosition | null } {
  const { walEnd } = transition.state.server;
  const reigns = withReigns(transition, request.reigns, request.candidate);
  const { position } = request;
  const timeline = request.reigns.find((reign) => reign.term === position.reignTerm)?.timeline;
  return {
    own: walEnd === null ? null : positionOf(walEnd, reigns),
    candidate: timeline === undefined ? position : positionOf({ timeline, lsn: position.lsn }, reigns),
  };
}
