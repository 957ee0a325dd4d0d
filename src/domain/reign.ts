import type { Lsn } from './lsn.ts';
import type { NodeId } from './node.ts';
import type { TimelineId } from './timeline.ts';

/**
 * One primary that opened for writing: elected in `term`, writing `timeline` from `forkLsn` on. A node
 * elected again in place has a further reign on the same timeline. Ordered by term, reigns order all WAL.
 */
export interface Reign {
  readonly term: number;
  readonly nodeId: NodeId;
  readonly timeline: TimelineId;
  /** The timeline it forked from; its own for the first reign of all and for one that was won in place. */
  readonly parentTimeline: TimelineId;
  readonly forkLsn: Lsn;
}

/** End of the valid WAL that a node holds on disk. */
export interface WalEnd {
  readonly timeline: TimelineId;
  readonly lsn: Lsn;
  /**
   * A standby was sent to this timeline and has not received it up to `lsn` yet: a WAL receiver begins a timeline with
   * the whole segment in which it forks, and PostgreSQL reads that segment rather than its parent's from then on.
   */
  readonly isSwitching?: true;
}

/** Raft's (last log term, index): the term of the reign that the last WAL belongs to, and its LSN. */
export interface WalPosition {
  readonly reignTerm: number;
  readonly lsn: Lsn;
}
