import type { NodeId } from '../../domain/node.ts';
import { isOpenServer } from '../failover/candidacy.ts';
import { knowsPresentLease } from '../failover/configuration.ts';
import { isFencingSuspended } from '../failover/enforce-lease.ts';
import { fenceAtMs, latestAcknowledgements } from '../failover/lease.ts';
import type { CoreState } from '../failover/state.ts';

/** What the guardian must know to hold the lease, or to end it, when the daemon can't (failover.md §4). */
export interface Orders {
  readonly term: number;
  /** When the fence begins, unless the lease is prolonged until then. */
  readonly fenceAtMs: number;
  readonly leaseMs: number;
  readonly heartbeatIntervalMs: number;
  readonly fenceBudgetMs: number;
  /** A pause that a majority has stored: nothing is fenced and nothing is released. */
  readonly isSuspended: boolean;
  readonly self: NodeId;
  readonly voters: readonly NodeId[];
  /** Voters whose WAL is as good as their word. */
  readonly walVoters: readonly NodeId[];
  /** Send time of the latest round that each voter acknowledged. */
  readonly acknowledgedAtMs: Readonly<Record<number, number>>;
}

/**
 * What the guardian is to be told of `state`: new orders; null where there is nothing to guard; undefined where it
 * shall go by those it has, because this daemon holds no lease for a server that may be open.
 */
export function ordersFor(state: CoreState, nowMs: number): Orders | null | undefined {
  const { reign, durable, parameters, server, role } = state;
  const { configuration } = durable;
  if (reign === null || configuration === null) {
    const isKnown = server.verdict !== 'unknown' && server.verdict !== 'busy';
    return isKnown && !isOpenServer({ state }) && role !== 'fencing' ? null : undefined;
  }
  const ids = configuration.voters.map((voter) => voter.nodeId);
  return {
    term: reign.term,
    fenceAtMs: fenceAtMs(state, nowMs),
    leaseMs: configuration.leaseMs,
    heartbeatIntervalMs: configuration.heartbeatIntervalMs,
    fenceBudgetMs: parameters.fenceBudgetMs,
    isSuspended: isFencingSuspended({ state }),
    self: parameters.nodeId,
    voters: ids,
    walVoters: ids.filter((id) => id !== parameters.nodeId && knowsPresentLease({ state }, id)),
    acknowledgedAtMs: latestAcknowledgements(state),
  };
}
