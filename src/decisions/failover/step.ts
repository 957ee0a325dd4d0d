import type { NodeId } from '../../domain/node.ts';
import type { ProtocolStatus, TransferRequest } from '../../domain/peer-messages.ts';
import { isSuspended, type Voter } from '../../domain/voting-configuration.ts';
import {
  campaignDueMs,
  campaignTimerMs,
  isOpenServer,
  onCampaignTimer,
  onPrimaryProbed,
  onStatusOfVoter,
  onVoteOfVoter,
  probeDueMs,
  probePrimary,
  sendVotes,
  standByToken,
  standInPlace,
  startCampaign,
} from './campaign.ts';
import { advanceConfiguration, isConfigurationSettled, noteAnsweringVoter } from './configuration.ts';
import type { CoreEffect, CoreEvent, OperationResult } from './events-and-effects.ts';
import { becomeFencing, onFenced } from './fencing.ts';
import { onRejoined, restoreReceiver } from './following.ts';
import {
  onAssessed,
  onHandoverTimer,
  onPrimaryServerGone,
  onRestarted,
  onStatusForHandover,
  onTransferReply,
} from './handover.ts';
import { askUnanswered, onHeartbeatReply, sendHeartbeats } from './heartbeats.ts';
import { ownIdentity } from './identity.ts';
import { fenceAtMs, holdsLease, leaseMarginMs, startWaitMs } from './lease.ts';
import { onPrimaryStarted, onPromoted } from './opening.ts';
import { mergeReigns } from './position.ts';
import { majorityOf } from './quorum.ts';
import type { CoreState } from './state.ts';
import { protocolStatus } from './status.ts';
import { Transition } from './transition.ts';
import { onHeartbeat, onPreVote, onVote, resumePendingVote } from './voter.ts';

export interface StepResult {
  readonly state: CoreState;
  readonly effects: readonly CoreEffect[];
}

/**
 * The protocol as a function: what this node does on an event. Clock first, then the lease, then the event
 * itself, then whatever time has made due (failover.md §4 "on every wake-up").
 */
export function step(state: CoreState, event: CoreEvent): StepResult {
  const transition = new Transition(state, event.nowMs, event.random);
  noticeJump(transition);
  enforceLease(transition);
  handle(transition, event);
  actOnTime(transition);
  transition.flush();
  scheduleTimer(transition);
  return { state: transition.state, effects: transition.effects };
}

/** The loop came late by more than the margin: what it believed of its lease is void (failover.md §4). */
function noticeJump(transition: Transition): void {
  const { state, nowMs } = transition;
  const due = state.timerDueMs;
  if (due === null || nowMs <= due + leaseMarginMs(transition.leaseMs)) return;
  transition.explain('§4', `this daemon stood still for ${Math.round(nowMs - due)} ms`, {
    lateMs: Math.round(nowMs - due),
  });
  if (state.listeningSinceMs !== null) state.listeningSinceMs = nowMs;
  if (state.reign === null) return;
  const isOver = nowMs >= fenceAtMs(state, nowMs);
  state.reign = {
    ...state.reign,
    ignoreSentBeforeMs: nowMs,
    leaseFloorMs: Number.NEGATIVE_INFINITY,
    graceUntilMs: isOver ? nowMs : Math.min(fenceAtMs(state, nowMs), nowMs + state.parameters.fenceBudgetMs),
    nextHeartbeatAtMs: nowMs,
  };
}

function enforceLease(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.reign === null || isFencingSuspended(transition)) return;
  if (state.reign.graceUntilMs !== null && holdsLease(state, nowMs))
    state.reign = { ...state.reign, graceUntilMs: null };
  if (nowMs >= fenceAtMs(state, nowMs))
    becomeFencing(transition, '§4', 'no majority has acknowledged its heartbeats in time');
}

function isFencingSuspended(transition: Transition): boolean {
  const { configuration } = transition.state.durable;
  return configuration !== null && isSuspended(configuration) && isConfigurationSettled(transition);
}

function handle(transition: Transition, event: CoreEvent): void {
  const { state } = transition;
  switch (event.type) {
    case 'tick':
      return;
    case 'listening':
      if (state.listeningSinceMs === null || (!state.reachesItself && event.reachesItself)) {
        state.listeningSinceMs = transition.nowMs;
      }
      state.reachesItself = event.reachesItself;
      return;
    case 'listenerLost':
      state.listeningSinceMs = null;
      return;
    case 'observed':
      onObserved(transition, event);
      return;
    case 'request':
      onRequest(transition, event);
      return;
    case 'response':
      onResponse(transition, event);
      return;
    case 'operationFinished':
      if (state.operation?.id !== event.id) return;
      state.operation = null;
      onOperationFinished(transition, event.result);
      return;
    case 'registered':
      onRegistered(transition, event.voters);
      return;
    case 'primaryProbed':
      onPrimaryProbed(transition, event.scope, event.isWritable);
      return;
    case 'pauseRequested':
      onPauseRequested(transition, event.replyTo, event.paused);
      return;
    case 'parametersChanged':
      state.parameters = event.parameters;
      return;
    default:
      return event satisfies never;
  }
}

function onObserved(transition: Transition, event: CoreEvent & { type: 'observed' }): void {
  const { state } = transition;
  const before = state.server;
  const isRebuilding = state.operation?.kind === 'rejoin';
  state.server = isRebuilding ? { ...event.server, verdict: 'rebuilding', walEnd: null } : event.server;
  if (state.operation === null && state.pendingVote === null && state.campaign === null) {
    state.isReceiverHeld = state.server.isReceiverHeld;
  }
  if (before.verdict !== state.server.verdict || before.recoveryState !== state.server.recoveryState) {
    state.serverChangedAtMs = transition.nowMs;
  }
  if (event.walMovedAtMs !== null && event.walMovedAtMs > (state.walMovedAtMs ?? Number.NEGATIVE_INFINITY)) {
    state.walMovedAtMs = event.walMovedAtMs;
  }
  if (state.role === 'primary' && event.server.verdict === 'gone') {
    const { configuration } = state.durable;
    if (configuration !== null && isSuspended(configuration)) return;
    onPrimaryServerGone(transition, event.server.wasShutDown);
  }
  if (state.role === 'fenced' && event.server.verdict === 'up' && event.server.recoveryState === 'standby') {
    state.role = 'follower';
    transition.remember({ intent: 'standby' });
  }
}

function onRequest(transition: Transition, event: CoreEvent & { type: 'request' }): void {
  const { from, replyTo, request } = event;
  switch (request.message) {
    case 'heartbeat':
      onHeartbeat(transition, from, replyTo, request.body);
      return;
    case 'prevote':
      onPreVote(transition, replyTo, request.body);
      return;
    case 'vote':
      onVote(transition, replyTo, request.body);
      return;
    case 'transfer':
      onTransfer(transition, from, replyTo, request.body);
      return;
    case 'status':
      transition.reply(replyTo, protocolStatus(transition.state, transition.nowMs));
      return;
    default:
      return request satisfies never;
  }
}

/** The primary ends its reign in this node's favour. */
function onTransfer(transition: Transition, from: NodeId, replyTo: string, request: TransferRequest): void {
  const { state } = transition;
  transition.remember({ reigns: mergeReigns(state.durable.reigns, request.reigns) });
  state.highestTimelineHeard = Math.max(state.highestTimelineHeard, request.highestTimeline);
  const isMine = request.token.target === transition.self && request.token.issuer === from;
  const reason = isMine ? standByToken(transition, request.token) : 'the token is for another node';
  transition.reply(replyTo, { ...ownIdentity(state), accepted: reason === null, reason });
}

function onResponse(transition: Transition, event: CoreEvent & { type: 'response' }): void {
  const { from, tag, response } = event;
  const { state } = transition;
  switch (response.message) {
    case 'heartbeat':
      if (state.reign?.term === tag.scope) onHeartbeatReply(transition, from, tag.sentAtMs, response.body);
      return;
    case 'prevote':
    case 'vote':
      if (state.campaign?.id === tag.scope)
        onVoteOfVoter(transition, from, response.body, response.message === 'prevote');
      return;
    case 'transfer':
      if (state.handover !== null && tag.scope === -state.handover.term)
        onTransferReply(transition, from, response.body);
      return;
    case 'status':
      if (tag.scope < 0) {
        if (state.handover !== null && tag.scope === -state.handover.term)
          onStatusForHandover(transition, from, response.body);
      } else if (tag.scope > 0) {
        if (state.campaign?.id === tag.scope) onStatusOfVoter(transition, from, response.body);
      } else if (response.body !== null) onIntroduction(transition, response.body);
      return;
    default:
      return response satisfies never;
  }
}

/** A registered node's daemon has answered for the first time. */
function onIntroduction(transition: Transition, status: ProtocolStatus): void {
  noteAnsweringVoter(transition, status.nodeId, status.incarnation);
  if (transition.state.durable.configuration !== null) return;
  if (status.configurationVersion !== null) {
    transition.state.answeringVoters = [];
    transition.explain(
      '§2',
      `node ${status.nodeId} belongs to a cluster that this node has no configuration of`,
    );
    transition.state.foreignConfiguration = true;
    return;
  }
  const { registered } = transition.state;
  if (registered !== null && isOpenServer(transition)) bootstrap(transition, registered);
}

function onOperationFinished(transition: Transition, result: OperationResult): void {
  const { state } = transition;
  switch (result.kind) {
    case 'fence':
      onFenced(transition, result);
      return;
    case 'promote':
      onPromoted(transition, result);
      return;
    case 'startPrimary':
      if (state.handover === null) onPrimaryStarted(transition, result);
      else onRestarted(transition, result);
      return;
    case 'assessCrash':
      onAssessed(transition, result);
      return;
    case 'follow':
      if (!result.ok) transition.explain('§6.8', `following failed: ${result.reason ?? 'no reason given'}`);
      return;
    case 'rejoin':
      onRejoined(transition, result);
      return;
    case 'stopReceiver':
      onReceiverStopped(transition, result);
      return;
    case 'restoreReceiver':
      if (result.ok) state.isReceiverHeld = false;
      return;
    default:
      return result satisfies never;
  }
}

function onReceiverStopped(transition: Transition, result: OperationResult & { kind: 'stopReceiver' }): void {
  const { state } = transition;
  state.server = { ...state.server, isReceiverActive: false, walEnd: result.walEnd };
  if (state.pendingVote !== null) resumePendingVote(transition);
  else if (state.campaign !== null) sendVotes(transition);
}

function onRegistered(transition: Transition, voters: readonly Voter[]): void {
  const { state } = transition;
  state.registered = voters;
  if (state.durable.configuration === null && isOpenServer(transition)) {
    askUnanswered(transition);
    bootstrap(transition, voters);
  }
}

/**
 * The very first configuration: this node alone, made where its PostgreSQL is the primary and a majority of
 * all registered daemons, itself counted, knows of no configuration yet.
 */
function bootstrap(transition: Transition, voters: readonly Voter[]): void {
  const { state } = transition;
  const self = voters.find((voter) => voter.nodeId === transition.self);
  if (self === undefined || self.incarnation !== state.durable.incarnation || state.foreignConfiguration)
    return;
  const answering = new Set([transition.self, ...state.answeringVoters]);
  if (voters.filter((voter) => answering.has(voter.nodeId)).length < majorityOf(voters.length)) return;
  const { leaseMs, heartbeatIntervalMs } = state.parameters;
  transition.remember({
    configuration: {
      version: { term: 0, counter: 1 },
      voters: [self],
      leaseMs,
      heartbeatIntervalMs,
      paused: false,
      manual: false,
    },
  });
  transition.explain(
    '§2',
    'first voting configuration: this node alone; others join when their daemons answer',
  );
}

function onPauseRequested(transition: Transition, replyTo: string, paused: boolean): void {
  const { state } = transition;
  if (state.role !== 'primary' || !holdsLease(state, transition.nowMs)) {
    const where = state.primary === null ? '' : `; ask node ${state.primary.nodeId}`;
    transition.reply(replyTo, {
      ok: false,
      reason: `node ${transition.self} is not the primary under a lease${where}`,
    });
    return;
  }
  if (state.pauseRequest !== null) {
    transition.reply(replyTo, { ok: false, reason: 'another request to pause or unpause is under way' });
    return;
  }
  state.pauseRequest = { replyTo, paused, untilMs: transition.nowMs + transition.leaseMs };
}

/** Whatever is due by now. */
function actOnTime(transition: Transition): void {
  const { state, nowMs } = transition;
  expirePauseRequest(transition);
  if (state.reign !== null) leadOn(transition);
  if (state.campaign !== null) onCampaignTimer(transition);
  if (state.handover !== null) onHandoverTimer(transition);
  if (state.campaign === null) probePrimary(transition);
  const due = campaignDueMs(transition);
  if (due !== null && nowMs >= due) startCampaign(transition);
  watchOpenServer(transition);
  releaseReceiver(transition);
}

function leadOn(transition: Transition): void {
  const { state, nowMs } = transition;
  advanceConfiguration(transition);
  if (state.reign !== null && nowMs >= state.reign.nextHeartbeatAtMs) sendHeartbeats(transition);
  const isNewerHeard = (state.reign?.higherTerm ?? 0) > (state.reign?.term ?? 0);
  if (
    isNewerHeard &&
    state.role === 'primary' &&
    state.campaign === null &&
    state.handover === null &&
    nowMs >= state.nextCampaignAtMs
  ) {
    standInPlace(transition);
  }
}

function expirePauseRequest(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.pauseRequest === null || nowMs < state.pauseRequest.untilMs) return;
  transition.reply(state.pauseRequest.replyTo, {
    ok: false,
    reason: 'no majority has stored the change in time',
  });
  state.pauseRequest = null;
}

/** Out of recovery without a lease: one lease of time to get one, then it is fenced (§8). */
function watchOpenServer(transition: Transition): void {
  const { state, nowMs } = transition;
  const { configuration } = state.durable;
  if (
    !isOpenServer(transition) ||
    state.reign !== null ||
    configuration === null ||
    isSuspended(configuration)
  )
    return;
  if (state.role === 'fencing' || state.operation !== null) return;
  if (nowMs < state.serverChangedAtMs + configuration.leaseMs) return;
  becomeFencing(transition, '§8', 'PostgreSQL runs out of recovery and no lease was won for it');
}

/** A vote that came to nothing puts the receiver back (§6.5). */
function releaseReceiver(transition: Transition): void {
  const { state, nowMs } = transition;
  if (
    !state.isReceiverHeld ||
    state.operation !== null ||
    state.pendingVote !== null ||
    state.campaign !== null
  )
    return;
  if (state.reign !== null || state.server.verdict !== 'up' || state.server.recoveryState !== 'standby')
    return;
  if (state.lease !== null && nowMs < state.lease.untilMs) return;
  // A vote given before a restart of this daemon still stands until then.
  if (startWaitMs(state, nowMs) > 0) return;
  restoreReceiver(transition);
}

function scheduleTimer(transition: Transition): void {
  const { state, nowMs } = transition;
  const times = [
    campaignDueMs(transition),
    probeDueMs(transition),
    state.pauseRequest?.untilMs ?? null,
    state.handover?.untilMs ?? null,
  ];
  if (state.reign !== null)
    times.push(
      state.reign.nextHeartbeatAtMs,
      isFencingSuspended(transition) ? null : fenceAtMs(state, nowMs),
    );
  if (state.campaign !== null) times.push(campaignTimerMs(state.campaign, nowMs));
  if (state.isReceiverHeld) times.push(state.lease?.untilMs ?? null);
  if (isOpenServer(transition) && state.reign === null)
    times.push(state.serverChangedAtMs + transition.leaseMs);
  // What is due already and could not be done waits for an event, not for time.
  const future = times.filter((at): at is number => at !== null && at > nowMs);
  const dueMs = Math.min(nowMs + transition.leaseMs / 2, ...future);
  if (dueMs === state.timerDueMs) return;
  state.timerDueMs = dueMs;
  transition.effects.push({ type: 'setTimer', atMs: dueMs });
}
