import { leaseMarginMs } from '../failover/lease.ts';
import { majorityValue } from '../failover/quorum.ts';
import type { Orders } from './orders.ts';

/** How long before its deadline the guardian looks after the lease of a daemon that should have spoken by then. */
export function reserveMs({ leaseMs }: Pick<Orders, 'leaseMs'>): number {
  return Math.min(1_000, leaseMs / 4);
}

export interface GuardFacts {
  readonly nowMs: number;
  /** The last that a daemon of this node gave; null: nothing to guard. */
  readonly orders: Orders | null;
  readonly orderedAtMs: number;
  /** `lost`: it no longer speaks to the guardian, but its process is there. `dead`: that has been verified. */
  readonly daemon: 'speaking' | 'lost' | 'dead';
  /** Whether any process of the data directory lives. */
  readonly isServerAlive: boolean;
  /** Per voter, the send time of the guardian's latest round whose record its standby has flushed. */
  readonly walAcknowledgedAtMs: Readonly<Record<number, number>>;
}

/**
 * `extend`: write a record into WAL and see who flushes it. `lastWill`: daemon and server are dead; make sure of it
 * and say so. `leave`: nobody needs the guardian any more.
 */
export type GuardVerdict =
  | { readonly kind: 'rest'; readonly untilMs: number }
  | { readonly kind: 'extend'; readonly untilMs: number }
  | { readonly kind: 'fence'; readonly reason: string }
  | { readonly kind: 'lastWill' }
  | { readonly kind: 'leave' };

/** What the guardian does now (failover.md §4). It acts only where the daemon is dead, or late past its deadline. */
export function guard(facts: GuardFacts): GuardVerdict {
  const { nowMs, orders, daemon, isServerAlive } = facts;
  const isDead = daemon === 'dead';
  if (orders === null)
    return isDead ? { kind: 'leave' } : { kind: 'rest', untilMs: Number.POSITIVE_INFINITY };
  if (orders.isSuspended)
    return isDead && !isServerAlive ? { kind: 'leave' } : { kind: 'rest', untilMs: nowMs + orders.leaseMs };
  if (isDead && !isServerAlive) return { kind: 'lastWill' };
  const fenceAt = guardedUntilMs(facts, orders);
  if (nowMs >= fenceAt) return { kind: 'fence', reason: describe(facts, orders) };
  const lateAt = daemon === 'speaking' ? fenceAt - reserveMs(orders) : nowMs;
  if (nowMs < lateAt) return { kind: 'rest', untilMs: lateAt };
  if (!isServerAlive) return { kind: 'rest', untilMs: fenceAt };
  return { kind: 'extend', untilMs: Math.min(nowMs + orders.heartbeatIntervalMs, fenceAt) };
}

/** Until when the server may stay open: by the daemon's word, or by what the guardian got for it since. */
export function guardedUntilMs(
  { nowMs, walAcknowledgedAtMs }: Pick<GuardFacts, 'nowMs' | 'walAcknowledgedAtMs'>,
  orders: Orders,
): number {
  const sentAt = orders.voters.map((id) => {
    if (id === orders.self) return nowMs;
    const byWal = orders.walVoters.includes(id) ? walAcknowledgedAtMs[id] : undefined;
    const told = orders.acknowledgedAtMs[id];
    return byWal === undefined || (told !== undefined && told > byWal) ? told : byWal;
  });
  const reached = majorityValue(sentAt);
  if (reached === undefined) return orders.fenceAtMs;
  const { leaseMs, fenceBudgetMs } = orders;
  return Math.max(orders.fenceAtMs, reached + leaseMs - leaseMarginMs(leaseMs) - fenceBudgetMs);
}

function describe({ daemon, orderedAtMs, nowMs }: GuardFacts, { term }: Orders): string {
  const what =
    daemon === 'dead'
      ? 'repmgrd is dead'
      : `repmgrd has been silent for ${Math.round(nowMs - orderedAtMs)} ms`;
  return `${what}, and no majority has confirmed the lease of term ${term} in time`;
}
