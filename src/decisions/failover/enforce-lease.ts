import { isSuspended } from '../../domain/voting-configuration.ts';
import { isConfigurationSettled } from './configuration.ts';
import { becomeFencing } from './fencing.ts';
import { fenceAtMs, holdsLease, leaseMarginMs } from './lease.ts';
import type { Transition } from './transition.ts';

/**
 * How long a daemon that wakes with its lease over waits for the word of a guardian, which lies in its socket and would
 * have fenced in time itself.
 */
const guardianWordMs = 50;

/** The loop came late by more than the margin: what it believed of its lease is void (failover.md §4). */
export function noticeJump(transition: Transition): void {
  const { state, nowMs } = transition;
  const due = state.timerDueMs;
  if (due === null || nowMs <= due + leaseMarginMs(transition.leaseMs)) return;
  const lateMs = Math.round(nowMs - due);
  transition.explain('§4', `this daemon stood still for ${lateMs} ms`, { lateMs }, { kind: 'observed' });
  if (state.listeningSinceMs !== null) state.listeningSinceMs = nowMs;
  if (state.reign === null) return;
  const isOver = nowMs >= fenceAtMs(state, nowMs);
  const overMs = state.isGuarded ? guardianWordMs : 0;
  state.reign = {
    ...state.reign,
    ignoreSentBeforeMs: nowMs,
    leaseFloorMs: Number.NEGATIVE_INFINITY,
    graceUntilMs: isOver
      ? nowMs + overMs
      : Math.min(fenceAtMs(state, nowMs), nowMs + state.parameters.fenceBudgetMs),
    nextHeartbeatAtMs: nowMs,
  };
}

/** The lease was held meanwhile; it still has to be renewed within the time that a fence takes. */
export function onGuarded(transition: Transition, term: number, guardedUntilMs: number): void {
  const { state, nowMs } = transition;
  const { reign } = state;
  if (reign?.term !== term || reign.graceUntilMs === null || guardedUntilMs <= nowMs) return;
  const graceUntilMs = Math.min(guardedUntilMs, nowMs + state.parameters.fenceBudgetMs);
  state.reign = { ...reign, graceUntilMs: Math.max(graceUntilMs, reign.graceUntilMs) };
  transition.explain('§4', 'its guardian held the lease meanwhile', {
    leftMs: Math.round(guardedUntilMs - nowMs),
  });
}

export function enforceLease(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.reign === null || isFencingSuspended(transition)) return;
  if (state.reign.graceUntilMs !== null && holdsLease(state, nowMs))
    state.reign = { ...state.reign, graceUntilMs: null };
  if (nowMs >= fenceAtMs(state, nowMs))
    becomeFencing(transition, '§4', 'no majority has acknowledged its heartbeats in time');
}

export function isFencingSuspended(transition: Pick<Transition, 'state'>): boolean {
  const { configuration } = transition.state.durable;
  return configuration !== null && isSuspended(configuration) && isConfigurationSettled(transition);
}
