import { whyNotPromotable } from './status.ts';
import type { Transition } from './transition.ts';

/**
 * Says, once after each lease, why this node does not even stand for election although its primary is silent: it may
 * not be promoted, or WAL still comes, so that only the primary's daemon is gone.
 */
export function explainAbstention(transition: Transition): void {
  const { state } = transition;
  const { lease } = state;
  if (lease === null || state.abstainedFromMs === lease.untilMs || !isIdleAfterLease(transition)) return;
  const why = whyNotStanding(transition);
  if (why === null) return;
  state.abstainedFromMs = lease.untilMs;
  const text = `no election by this node, although node ${lease.holder} is silent: ${why.reason}`;
  transition.explain('§6.3', text, {}, { kind: 'declined', changedBy: why.changedBy });
}

/** A lease is over, and two heartbeats' time has shown that neither heartbeat nor campaign comes of itself. */
function isIdleAfterLease({ state, nowMs, self }: Transition): boolean {
  const { lease, role, durable } = state;
  if (lease === null || lease.holder === self) return false;
  if (role !== 'follower' && role !== 'fenced') return false;
  if (state.reign !== null || state.campaign !== null || state.operation !== null) return false;
  return nowMs >= lease.untilMs + 2 * (durable.configuration?.heartbeatIntervalMs ?? 0);
}

function whyNotStanding(transition: Transition): { reason: string; changedBy: string } | null {
  const { state, nowMs } = transition;
  const reason = whyNotPromotable(state);
  if (reason !== null) return { reason, changedBy: changeOf(reason) };
  const movedMs = state.walMovedAtMs === null ? Number.POSITIVE_INFINITY : nowMs - state.walMovedAtMs;
  if (movedMs >= transition.leaseMs) return null;
  return {
    reason: 'its PostgreSQL still sends WAL, so only its daemon is gone',
    changedBy: 'WAL that has stood still for a lease; start repmgrd there again',
  };
}

function changeOf(reason: string): string {
  if (reason === 'failover is paused')
    return '"repmgr service unpause", or failover=automatic on the primary';
  if (reason === 'failover is "manual"') return 'failover=automatic in repmgr.conf of this node';
  if (reason.startsWith('recovery_min_apply_delay')) return 'a recovery_min_apply_delay of 0';
  if (reason === 'priority is 0') return 'a priority above 0, registered anew';
  return 'the end of that obstacle';
}
