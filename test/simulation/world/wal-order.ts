import type { Reign, WalEnd } from '../../../src/domain/reign.ts';

/** Where WAL ends in the order of reigns: the term of the reign that wrote it, and the LSN. */
export interface WalPlace {
  readonly term: number;
  readonly lsn: bigint;
}

/**
 * On purpose not the reckoning of the core, which may be at fault: the latest of all `reigns` on that timeline that
 * had begun there. Null for WAL that nobody knows the reign of.
 */
export function placeOf({ timeline, lsn }: WalEnd, reigns: readonly Reign[]): WalPlace | null {
  if (reigns.length === 0) return { term: 0, lsn };
  let term: number | null = null;
  for (const reign of reigns) {
    if (reign.timeline !== timeline || reign.forkLsn > lsn) continue;
    if (term === null || reign.term > term) term = reign.term;
  }
  return term === null ? null : { term, lsn };
}

export function isBehind(a: WalPlace, b: WalPlace): boolean {
  return a.term < b.term || (a.term === b.term && a.lsn < b.lsn);
}
