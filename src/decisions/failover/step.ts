import type { NodeId } from '../../domain/node.ts';
import type { TransferRequest } from '../../domain/peer-messages.ts';
import { actOnTime, scheduleTimer } from './act-on-time.ts';
import { onIntroduction, onRegistered } from './bootstrap.ts';
import { onCandidacyValidated, standByToken } from './campaign.ts';
import { enforceLease, noticeJump, onGuarded } from './enforce-lease.ts';
import type { CoreEffect, CoreEvent, OperationResult } from './events-and-effects.ts';
import { onFenced } from './fencing.ts';
import { onFollowed, onRejoined, onStandbyStarted } from './following.ts';
import { considerStatuses, onStatusOfVoter } from './gather-statuses.ts';
import { onAssessed, onRestarted, onStatusForHandover, onTransferReply } from './handover.ts';
import { onHeartbeatReply } from './heartbeats.ts';
import { onSilence } from './hung-server.ts';
import { ownIdentity } from './identity.ts';
import { learnReigns } from './learn-reigns.ts';
import { noteWalMoved, onObserved } from './observe-server.ts';
import { onPrimaryStarted, onPromoted } from './opening.ts';
import { onPauseRequested } from './pause.ts';
import { onPrimaryProbed } from './primary-probe.ts';
import { onReleased } from './release.ts';
import { onVoteOfVoter, sendVotes } from './request-votes.ts';
import { onShutdownRequested } from './shutdown.ts';
import type { CoreState } from './state.ts';
import { protocolStatus } from './status.ts';
import { Transition } from './transition.ts';
import { onHeartbeat, onPreVote, onVote, resumePendingVote } from './voter.ts';
import { onWalAcknowledged } from './wal-road.ts';

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
  // What was just learnt may have ended the lease as well.
  enforceLease(transition);
  transition.flush();
  scheduleTimer(transition);
  return { state: transition.state, effects: transition.effects };
}

function handle(transition: Transition, event: CoreEvent): void {
  const { state } = transition;
  switch (event.type) {
    case 'tick':
      return;
    case 'listening':
      onListening(transition, event.reachesItself);
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
      onOperationFinished(transition, event);
      return;
    case 'guardian':
      state.isGuarded = event.isPresent;
      return;
    case 'guarded':
      onGuarded(transition, event.term, event.fenceAtMs);
      return;
    case 'walAcknowledged':
      onWalAcknowledged(transition, event);
      return;
    case 'registered':
      onRegistered(transition, event.voters);
      return;
    case 'primaryProbed':
      onPrimaryProbed(transition, event.scope, event.isWritable);
      considerStatuses(transition);
      return;
    case 'lookUnanswered':
    case 'serverProbed':
      onSilence(transition, event);
      return;
    case 'candidacyValidated':
      onCandidacyValidated(transition, event.scope, event.refusal);
      return;
    case 'pauseRequested':
      onPauseRequested(transition, event.replyTo, event.paused);
      return;
    case 'shutdownRequested':
      onShutdownRequested(transition, event.replyTo, event);
      return;
    case 'parametersChanged':
      state.parameters = event.parameters;
      state.validation = null;
      return;
    default:
      return event satisfies never;
  }
}

function onListening({ state, nowMs }: Transition, reachesItself: boolean): void {
  if (state.listeningSinceMs === null || (!state.reachesItself && reachesItself))
    state.listeningSinceMs = nowMs;
  state.reachesItself = reachesItself;
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
    case 'released':
      onReleased(transition, from, replyTo, request.body);
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
  learnReigns(transition, request.reigns, from);
  state.highestTimelineHeard = Math.max(state.highestTimelineHeard, request.highestTimeline);
  const isMine = request.token.target === transition.self && request.token.issuer === from;
  const reason = isMine ? standByToken(transition, request) : 'the token is for another node';
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
    case 'released':
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

function onOperationFinished(
  transition: Transition,
  { id, result }: CoreEvent & { type: 'operationFinished' },
): void {
  const { state } = transition;
  if (state.operation?.id !== id) return;
  state.operation = null;
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
    case 'startStandby':
      onStandbyStarted(transition, result);
      return;
    case 'follow':
      onFollowed(transition, result);
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
  noteWalMoved(transition, result.walMovedAtMs ?? null);
  resumePendingVote(transition);
  sendVotes(transition);
}
