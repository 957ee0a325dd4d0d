import { isSuspended } from '../../domain/voting-configuration.ts';
import { isOpenServer } from './candidacy.ts';
import type { CoreEvent } from './events-and-effects.ts';
import { becomeFencing } from './fencing.ts';
import { considerAnswer } from './hung-server.ts';
import { onPrimaryServerGone } from './lost-server.ts';
import type { Transition } from './transition.ts';

export function onObserved(transition: Transition, event: CoreEvent & { type: 'observed' }): void {
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
  noteWalMoved(transition, event.walMovedAtMs);
  considerAnswer(transition, event.server);
  // What came between the last look and its end, nobody has seen.
  const mayHaveReceived = before.verdict === 'up' && before.recoveryState === 'standby';
  if (mayHaveReceived && state.server.verdict !== 'up') noteWalMoved(transition, transition.nowMs);
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

/** WAL that was received is a promise to whom it came from, as long as an acknowledged heartbeat is. */
export function noteWalMoved(transition: Transition, atMs: number | null): void {
  const { state } = transition;
  if (atMs === null || atMs <= (state.walMovedAtMs ?? Number.NEGATIVE_INFINITY)) return;
  state.walMovedAtMs = atMs;
  // While the receiver is held still, its conninfo is put aside.
  state.walSource = state.server.upstream ?? state.walSource;
  state.walPromisedMs = transition.leaseMs;
}

/** Out of recovery without a lease: one lease of time to get one, then it is fenced (§8). */
export function watchOpenServer(transition: Transition): void {
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
  if (state.durable.intent === 'fenced' && state.role !== 'handing over') {
    becomeFencing(transition, 'I5', 'it lost its lease before and was not elected since');
    return;
  }
  if (nowMs < state.serverChangedAtMs + configuration.leaseMs) return;
  becomeFencing(transition, '§8', 'PostgreSQL runs out of recovery and no lease was won for it');
}

/** How long an observation must last before a reign is given up on its account; a single one may be stale. */
const steadyMs = 1_000;

/** Somebody restarted the primary's server in recovery: the reign is over, the server may live on. */
export function watchOwnServer(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.role !== 'primary' || state.operation !== null || state.handover !== null) return;
  if (state.server.verdict !== 'up' || state.server.recoveryState !== 'standby') return;
  if (nowMs < state.serverChangedAtMs + steadyMs) return;
  const text = 'its PostgreSQL runs in recovery: this node is no primary any more';
  transition.explain('§4', text, {}, { kind: 'observed' });
  transition.notify('repmgrd_local_disconnect', 'PostgreSQL was restarted in recovery', {
    successful: false,
  });
  transition.remember({ intent: 'standby' });
  state.role = 'follower';
  state.reign = null;
  state.campaign = null;
}
