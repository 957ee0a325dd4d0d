import type { NodeId } from '../../domain/node.ts';
import { majorityValue } from './quorum.ts';
import type { CoreState, OwnReign } from './state.ts';
import type { Transition } from './transition.ts';

/** Room for clocks that run at different rates and for the loop's own delays (failover.md §4). */
export function leaseMarginMs(leaseMs: number): number {
  return leaseMs * 0.02 + 50;
}

/**
 * Until when the primary holds its lease: one lease after the send time of the latest round that a majority
 * acknowledged, itself counted. Undefined while no round is.
 */
export function ownLeaseUntilMs(state: CoreState, nowMs: number): number | undefined {
  const { reign, durable } = state;
  if (reign === null || durable.configuration === null) return undefined;
  const reached = latestRoundMs(state, nowMs, (nodeId) => acknowledgedAtMs(reign, nodeId));
  const until = Math.max(
    reign.leaseFloorMs,
    reached === undefined ? Number.NEGATIVE_INFINITY : reached + durable.configuration.leaseMs,
  );
  return Number.isFinite(until) ? until : undefined;
}

/** Directly or by WAL: both bind the voter alike (failover.md §4). */
function acknowledgedAtMs(reign: OwnReign, nodeId: NodeId): number | undefined {
  const direct = reign.acknowledgedAtMs[nodeId];
  const byWal = reign.walAcknowledgedAtMs[nodeId];
  return direct === undefined || (byWal !== undefined && byWal > direct) ? byWal : direct;
}

/** Per voter, the send time of the latest round that it acknowledged on either road, and that still counts. */
export function latestAcknowledgements({ reign }: CoreState): Readonly<Record<number, number>> {
  if (reign === null) return {};
  const ids = Object.keys({ ...reign.acknowledgedAtMs, ...reign.walAcknowledgedAtMs }) as `${NodeId}`[];
  const latest = ids.map((id) => [id, acknowledgedAtMs(reign, Number(id) as NodeId)] as const);
  return Object.fromEntries(
    latest.filter((entry): entry is [`${NodeId}`, number] => (entry[1] ?? -1) >= reign.ignoreSentBeforeMs),
  );
}

/** Send time of the latest round that a majority acknowledged as `sentAtMs` tells, itself counted. */
export function latestRoundMs(
  { reign, durable, parameters }: CoreState,
  nowMs: number,
  sentAtMs: (nodeId: NodeId) => number | undefined,
): number | undefined {
  if (reign === null || durable.configuration === null) return undefined;
  const sentAt = durable.configuration.voters.map(({ nodeId }) => {
    const at = nodeId === parameters.nodeId ? nowMs : sentAtMs(nodeId);
    return at !== undefined && at >= reign.ignoreSentBeforeMs ? at : undefined;
  });
  return majorityValue(sentAt);
}

/** When the primary begins to fence itself, unless a newer round is acknowledged before. */
export function fenceAtMs(state: CoreState, nowMs: number): number {
  const configuration = state.durable.configuration;
  const grace = state.reign?.graceUntilMs ?? null;
  const until = ownLeaseUntilMs(state, nowMs);
  if (until === undefined || configuration === null) return grace ?? nowMs;
  const fenceAt = until - leaseMarginMs(configuration.leaseMs) - state.parameters.fenceBudgetMs;
  return grace === null ? fenceAt : Math.max(fenceAt, grace);
}

/** Whether enough of the lease is left to act as primary and still fence in time. */
export function holdsLease(state: CoreState, nowMs: number): boolean {
  const until = ownLeaseUntilMs(state, nowMs);
  const configuration = state.durable.configuration;
  if (until === undefined || configuration === null) return false;
  return nowMs < until - leaseMarginMs(configuration.leaseMs) - state.parameters.fenceBudgetMs;
}

/** Why this voter may not yet elect another than `candidate`, or null when it may. */
export function boundByLease(transition: Transition, candidate: number): string | null {
  const { state, nowMs } = transition;
  const lease = state.lease;
  if (lease !== null && nowMs < lease.untilMs && lease.holder !== candidate) {
    return `promised to node ${lease.holder} for another ${Math.ceil(lease.untilMs - nowMs)} ms`;
  }
  const still = walStillMs(state, nowMs);
  // Where it came from is what counts: this voter may have promised somebody else something since.
  const source = state.walSource ?? lease?.holder ?? state.server.upstream;
  if (still !== null && still < Math.max(transition.leaseMs, state.walPromisedMs) && source !== candidate) {
    return `WAL from the primary moved ${Math.floor(still)} ms ago`;
  }
  return null;
}

/** How long no WAL has come from the primary; null when none ever came. */
export function walStillMs(state: CoreState, nowMs: number): number | null {
  return state.walMovedAtMs === null ? null : Math.max(0, nowMs - state.walMovedAtMs);
}

/** Remaining time of the wait that follows each start or loss of the listener; Infinity while not listening. */
export function startWaitMs(state: CoreState, nowMs: number): number {
  if (state.listeningSinceMs === null || !state.reachesItself) return Number.POSITIVE_INFINITY;
  const lease = Math.max(
    state.durable.longestLeaseMs,
    state.durable.configuration?.leaseMs ?? 0,
    state.parameters.leaseMs,
  );
  return Math.max(0, state.listeningSinceMs + lease - nowMs);
}

/** Whether everything this daemon ever promised, it promised to itself. */
export function ownsLatestTerm(state: CoreState): boolean {
  return isPromisedTo(state, state.parameters.nodeId);
}

/**
 * Whether whatever this daemon may still have promised before it started, it promised to `nodeId`: the last term it
 * knows is that node's reign. Any acknowledgement given to another since would have raised the stored term first.
 */
export function isPromisedTo(state: CoreState, nodeId: NodeId): boolean {
  const { reigns, term, votedFor } = state.durable;
  const latest = reigns.at(-1);
  return (
    latest !== undefined &&
    latest.nodeId === nodeId &&
    latest.term === term &&
    (votedFor === null || votedFor === nodeId)
  );
}
