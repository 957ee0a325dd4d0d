import type { Lsn } from '../../domain/lsn.ts';
import type { TimelineId, TimelineSwitch } from '../../domain/timeline.ts';

/** A timeline with all it descends from, oldest first, as in its history file (manual 26.3.5). */
export interface TimelineLineage {
  readonly timeline: TimelineId;
  readonly history: readonly TimelineSwitch[];
}

/** Where two lineages part: the last timeline they share and the position up to which both hold its WAL. */
export interface ForkPoint {
  readonly timeline: TimelineId;
  /** Null when both are still on that timeline: they have not parted. */
  readonly lsn: Lsn | null;
}

interface Stretch {
  readonly timeline: TimelineId;
  readonly begin: Lsn | null;
  readonly end: Lsn | null;
}

/** Undefined when the two share no timeline at all, which can't happen within one cluster. */
export function findForkPoint(left: TimelineLineage, right: TimelineLineage): ForkPoint | undefined {
  const leftStretches = stretchesOf(left);
  const rightStretches = stretchesOf(right);
  let fork: ForkPoint | undefined;
  for (const [index, ours] of leftStretches.entries()) {
    const theirs = rightStretches[index];
    // The same number with another beginning is a twin: a timeline that was given out twice.
    if (theirs === undefined || theirs.timeline !== ours.timeline || theirs.begin !== ours.begin) break;
    fork = { timeline: ours.timeline, lsn: earlierEnd(ours.end, theirs.end) };
  }
  return fork;
}

function stretchesOf(lineage: TimelineLineage): Stretch[] {
  const stretches: Stretch[] = [];
  let begin: Lsn | null = null;
  for (const { timeline, switchpoint } of lineage.history) {
    stretches.push({ timeline, begin, end: switchpoint });
    begin = switchpoint;
  }
  stretches.push({ timeline: lineage.timeline, begin, end: null });
  return stretches;
}

function earlierEnd(a: Lsn | null, b: Lsn | null): Lsn | null {
  if (a === null) return b;
  if (b === null) return a;
  return a < b ? a : b;
}
