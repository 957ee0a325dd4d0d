import { withdrawPause } from './configuration.ts';
import { holdsLease } from './lease.ts';
import type { Transition } from './transition.ts';

export function onPauseRequested(transition: Transition, replyTo: string, paused: boolean): void {
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

export function expirePauseRequest(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.pauseRequest === null || nowMs < state.pauseRequest.untilMs) return;
  transition.reply(state.pauseRequest.replyTo, {
    ok: false,
    reason: 'no majority has stored the change in time',
  });
  const { paused } = state.pauseRequest;
  state.pauseRequest = null;
  if (paused) withdrawPause(transition);
}
