import type { NodeId } from '../../domain/node.ts';
import type { OperationResult } from './events-and-effects.ts';
import { lineageOf } from './position.ts';
import { hasOwnTimeline } from './status.ts';
import type { Transition } from './transition.ts';

const followRetryMs = 500;
const followRetryLimitMs = 30_000;
const rejoinRetryMs = 5_000;
const rejoinRetryLimitMs = 60_000;

/** A writable primary is known: stream from it, after a rewind where this node's WAL has diverged. */
export function followPrimary(transition: Transition, primary: NodeId): void {
  const { state } = transition;
  if (state.operation !== null || state.pendingVote !== null || state.reign !== null) return;
  if (state.role === 'handing over' || state.role === 'fencing') return;
  const { server } = state;
  if (server.verdict === 'up' && server.recoveryState === 'standby') followWithServer(transition, primary);
  else if (server.verdict === 'gone' && state.durable.intent !== 'standby') startRejoin(transition, primary);
}

function followWithServer(transition: Transition, primary: NodeId): void {
  const { state } = transition;
  if (isDiverged(transition)) {
    startRejoin(transition, primary);
    return;
  }
  if (state.server.upstream === primary) {
    if (state.isReceiverHeld) restoreReceiver(transition);
    return;
  }
  if (!isUpstreamLost(transition)) return;
  const voter = transition.voter(primary);
  const attempt = state.following?.primary === primary ? state.following : null;
  if (voter === undefined || transition.nowMs < (attempt?.nextAtMs ?? 0)) return;
  state.isReceiverHeld = false;
  state.following = attempt ?? { primary, failures: 0, nextAtMs: transition.nowMs };
  const id = transition.begin('follow');
  transition.explain('§6.8', `following the new primary, node ${primary}`, { primary });
  transition.effect({ type: 'follow', id, primary: voter });
}

/** Each attempt may be a whole `follow_command`, so failed ones are repeated with growing pauses. */
export function onFollowed(transition: Transition, result: OperationResult & { kind: 'follow' }): void {
  const { state, nowMs } = transition;
  const attempt = state.following;
  if (attempt === null) return;
  if (result.ok) {
    state.following = null;
    // Known before the next look at the server, which must not make it follow once more.
    state.server = { ...state.server, upstream: attempt.primary };
    return;
  }
  const delay = Math.min(followRetryLimitMs, followRetryMs * 2 ** attempt.failures);
  state.following = { ...attempt, failures: attempt.failures + 1, nextAtMs: nowMs + delay };
  const text = `following failed: ${result.reason ?? 'no reason given'}`;
  transition.explain('§6.8', text, { retryMs: delay }, { kind: 'failed' });
}

/** A cascaded standby stays with its upstream; one whose upstream was a primary, or none, moves. */
function isUpstreamLost(transition: Transition): boolean {
  const { server, durable, isReceiverHeld } = transition.state;
  const { upstream } = server;
  if (upstream === null || isReceiverHeld) return true;
  return (
    durable.reigns.some((reign) => reign.nodeId === upstream) || transition.voter(upstream) === undefined
  );
}

function isDiverged(transition: Transition): boolean {
  const { server, durable } = transition.state;
  return server.walEnd !== null && lineageOf(server.walEnd, durable.reigns).kind === 'diverged';
}

export function restoreReceiver(transition: Transition): void {
  const id = transition.begin('restoreReceiver');
  transition.effect({ type: 'restoreReceiver', id });
}

/**
 * A server that was stopped on another node's timeline (a promotion that failed) or whose WAL end nobody could
 * read: in recovery it may follow or stand again. Out of recovery it would twin that timeline (I7).
 */
export function recoverStopped(transition: Transition): void {
  const { state, nowMs } = transition;
  const { server, durable } = state;
  const isBusy =
    state.operation !== null ||
    state.reign !== null ||
    state.handover !== null ||
    state.campaign !== null ||
    state.pendingVote !== null;
  if (isBusy || state.parameters.isWitness === true || nowMs < state.nextRejoinAtMs) return;
  if (server.verdict !== 'gone' || durable.intent === 'standby' || durable.reigns.length === 0) return;
  if (state.lease !== null && nowMs < state.lease.untilMs) return;
  const isUnread = server.walEnd === null && nowMs >= state.serverChangedAtMs + transition.leaseMs;
  const isForeign = server.walEnd !== null && !hasOwnTimeline(state);
  if (!isUnread && !isForeign) return;
  const id = transition.begin('startStandby');
  transition.explain('§5', 'starting PostgreSQL in recovery: its WAL ends on a timeline of another node');
  transition.effect({ type: 'startStandby', id, timeoutMs: state.parameters.restartTimeoutMs });
}

export function onStandbyStarted(
  transition: Transition,
  result: OperationResult & { kind: 'startStandby' },
): void {
  if (result.ok) {
    // Until it has been looked at.
    transition.state.server = { ...transition.state.server, verdict: 'unknown' };
    return;
  }
  transition.state.nextRejoinAtMs = transition.nowMs + rejoinRetryMs;
  const text = `PostgreSQL does not start in recovery: ${result.reason ?? 'no reason given'}`;
  transition.explain('§5', text, {}, { kind: 'failed' });
}

/** Takes this node back into the cluster as a standby, by whatever its data allows. */
function startRejoin(transition: Transition, primary: NodeId): void {
  const { state } = transition;
  const voter = transition.voter(primary);
  if (voter === undefined || transition.nowMs < state.nextRejoinAtMs) return;
  if (!state.parameters.isAutoRejoinOn) {
    const changedBy = '"repmgr node rejoin", or auto_rejoin=on';
    const text = 'auto_rejoin is off: this node waits for "repmgr node rejoin"';
    transition.explain('§8', text, {}, { kind: 'declined', changedBy });
    return;
  }
  state.role = 'rejoining';
  // It is stopped for this only: a daemon that is killed meanwhile has to bring it back.
  transition.remember({ intent: 'fenced' });
  state.isReceiverHeld = false;
  state.server = { ...state.server, verdict: 'rebuilding' };
  const lineage = state.server.walEnd === null ? null : lineageOf(state.server.walEnd, state.durable.reigns);
  const id = transition.begin('rejoin');
  transition.explain('§8', `rejoining node ${primary}`, { primary, lineage: lineage?.kind ?? 'unknown' });
  transition.effect({ type: 'rejoin', id, primary: voter, isDiverged: lineage?.kind !== 'prefix' });
}

export function onRejoined(transition: Transition, result: OperationResult & { kind: 'rejoin' }): void {
  const { state } = transition;
  state.server = { ...state.server, verdict: 'unknown', walEnd: null };
  if (result.ok) {
    state.role = 'follower';
    state.rejoinFailures = 0;
    transition.remember({ intent: 'standby' });
    transition.explain('§8', 'rejoined as a standby');
    return;
  }
  state.role = 'fenced';
  state.rejoinFailures += 1;
  const delay = Math.min(rejoinRetryLimitMs, rejoinRetryMs * 2 ** (state.rejoinFailures - 1));
  state.nextRejoinAtMs = transition.nowMs + delay;
  const text = `rejoin failed: ${result.reason ?? 'no reason given'}`;
  transition.explain('§8', text, { retryMs: delay }, { kind: 'failed' });
}
