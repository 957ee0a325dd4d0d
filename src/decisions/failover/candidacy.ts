import { ownsLatestTerm, startWaitMs } from './lease.ts';
import { isReleased } from './release.ts';
import { whyNotPromotable } from './status.ts';
import type { Transition } from './transition.ts';

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
  if (isReleased(state)) return state.nextCampaignAtMs;
  const lease = state.lease?.holder === transition.self ? 0 : (state.lease?.untilMs ?? 0);
  const still =
    state.walMovedAtMs === null || isOpenServer(transition) ? 0 : state.walMovedAtMs + transition.leaseMs;
  const wait = startWaitMs(state, transition.nowMs);
  const started = isOpenServer(transition) || ownsLatestTerm(state) ? 0 : transition.nowMs + wait;
  return Math.max(lease, still, started, state.nextCampaignAtMs);
}

/** A server that runs out of recovery without a lease stands where it is (§6.9, §8). */
export function isOpenServer({ state }: Pick<Transition, 'state'>): boolean {
  const { server, parameters } = state;
  if (parameters.isWitness === true) return false;
  return server.verdict === 'up' && server.recoveryState === 'primary';
}
