import type { Reign, WalEnd, WalPosition } from '../../domain/reign.ts';

/** Reigns in term order, one per term; of two lines for a term the one in `newer` counts. */
export function mergeReigns(known: readonly Reign[], newer: readonly Reign[]): readonly Reign[] {
  const additions = newer.filter((reign) => {
    const old = known.find((candidate) => candidate.term === reign.term);
    return old === undefined || !isSameReign(old, reign);
  });
  if (additions.length === 0) return known;
  const terms = new Set(additions.map((reign) => reign.term));
  return [...known.filter((reign) => !terms.has(reign.term)), ...additions].toSorted(
    (a, b) => a.term - b.term,
  );
}

function isSameReign(a: Reign, b: Reign): boolean {
  return (
    a.term === b.term &&
    a.nodeId === b.nodeId &&
    a.timeline === b.timeline &&
    a.parentTimeline === b.parentTimeline &&
    a.forkLsn === b.forkLsn
  );
}

/**
 * Position of a node whose valid WAL ends at `end` (failover.md §6): the newest reign on that timeline that
 * began at or before it; before the very first reign it is 0. WAL of no known reign counts up to its fork only, which is the caller's to find;
 * here it is null.
 */
export function positionOf(end: WalEnd, reigns: readonly Reign[]): WalPosition | null {
  if (reigns.length === 0) return { reignTerm: 0, lsn: end.lsn };
  const ahead = timelineAhead(end, reigns);
  if (ahead !== undefined) return positionOf({ timeline: ahead.parentTimeline, lsn: end.lsn }, reigns);
  const reign = reigns.findLast(
    (candidate) => candidate.timeline === end.timeline && end.lsn >= candidate.forkLsn,
  );
  return reign === undefined ? null : { reignTerm: reign.term, lsn: end.lsn };
}

/**
 * The reign that a standby is being switched to, none of whose WAL it has: what it has is the parent's. Undefined once
 * it has any; received anew from the start of a segment, that is no switch.
 */
export function timelineAhead(end: WalEnd, reigns: readonly Reign[]): Reign | undefined {
  if (end.isSwitching !== true) return undefined;
  return reigns.find(
    ({ timeline, parentTimeline, forkLsn }) =>
      timeline === end.timeline && parentTimeline !== timeline && end.lsn <= forkLsn,
  );
}

/** Negative when `a` is behind `b`. */
export function comparePositions(a: WalPosition, b: WalPosition): number {
  if (a.reignTerm !== b.reignTerm) return a.reignTerm - b.reignTerm;
  return a.lsn < b.lsn ? -1 : a.lsn > b.lsn ? 1 : 0;
}

export type Lineage =
  | { readonly kind: 'prefix' }
  | { readonly kind: 'diverged'; readonly forkLsn: bigint; readonly divergedBytes: bigint }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Whether WAL that ends at `end` is a prefix of what the latest reign writes. Its history is the chain of
 * timelines it forked from, each valid up to the fork of the next; a reign that never opened is on no chain.
 */
export function lineageOf(end: WalEnd, reigns: readonly Reign[]): Lineage {
  const latest = reigns.at(-1);
  if (latest === undefined) return { kind: 'prefix' };
  const chain = historyOf(latest.timeline, reigns);
  const own = historyOf(end.timeline, reigns);
  const isKnown = reigns.some(
    (reign) => reign.timeline === end.timeline || reign.parentTimeline === end.timeline,
  );
  if (!isKnown)
    return { kind: 'unknown', reason: `timeline ${end.timeline} belongs to no reign that is known` };
  for (const [timeline, ownUntil] of own) {
    if (!chain.has(timeline)) continue;
    const reached = ownUntil === null || end.lsn < ownUntil ? end.lsn : ownUntil;
    const until = chain.get(timeline) ?? null;
    const shared = until === null || reached < until ? reached : until;
    // On a timeline that leads nowhere even zero bytes can't be followed on: PostgreSQL never goes back to the parent.
    if (shared === end.lsn && timeline === end.timeline) return { kind: 'prefix' };
    return { kind: 'diverged', forkLsn: shared, divergedBytes: end.lsn - shared };
  }
  return {
    kind: 'unknown',
    reason: `timeline ${end.timeline} shares no history with timeline ${latest.timeline}`,
  };
}

/** The timelines that lead to `timeline`, newest first, each with the LSN at which it was left; null = still written. */
function historyOf(timeline: number, reigns: readonly Reign[]): ReadonlyMap<number, bigint | null> {
  const history = new Map<number, bigint | null>([[timeline, null]]);
  let current = timeline;
  for (;;) {
    const fork = reigns.find((reign) => reign.timeline === current);
    if (fork === undefined || fork.parentTimeline === current || history.has(fork.parentTimeline))
      return history;
    history.set(fork.parentTimeline, fork.forkLsn);
    current = fork.parentTimeline;
  }
}
