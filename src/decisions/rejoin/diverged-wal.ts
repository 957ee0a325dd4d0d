import { formatLsn, type Lsn } from '../../domain/lsn.ts';
import type { TimelineId, TimelineSwitch } from '../../domain/timeline.ts';
import type { ForkPoint } from '../attach/find-fork-point.ts';

/** A stretch of WAL on one timeline; `end` is null when it isn't known where valid WAL ends. */
export interface WalStretch {
  readonly timeline: TimelineId;
  readonly start: Lsn;
  readonly end: Lsn | null;
}

/** The WAL that only this node has: everything of its own lineage past the fork, oldest first. */
export function divergedStretches(
  local: {
    readonly timeline: TimelineId;
    readonly history: readonly TimelineSwitch[] | null;
    readonly lsn: Lsn | null;
  },
  fork: ForkPoint,
): readonly WalStretch[] {
  if (fork.lsn === null) return [];
  const forkLsn = fork.lsn;
  const ends = [
    ...(local.history ?? []).map(({ timeline, switchpoint }) => ({
      timeline,
      end: switchpoint as Lsn | null,
    })),
    { timeline: local.timeline, end: local.lsn },
  ].filter(({ timeline }) => timeline >= fork.timeline);
  const stretches: WalStretch[] = [];
  let start = forkLsn;
  for (const { timeline, end } of ends) {
    if (end !== null && end <= start) continue;
    stretches.push({ timeline, start, end });
    if (end !== null) start = end;
  }
  return stretches;
}

/** Bytes in the stretches; null when the end is unknown. */
export function stretchBytes(stretches: readonly WalStretch[]): bigint | null {
  let total = 0n;
  for (const { start, end } of stretches) {
    if (end === null) return null;
    total += end - start;
  }
  return total;
}

const segmentPattern = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?$/;

/** Whether a file of pg_wal holds part of a stretch, or is the history of a timeline of one. */
export function holdsDivergedWal(
  fileName: string,
  stretches: readonly WalStretch[],
  segmentSizeBytes: number,
): boolean {
  const history = /^([0-9A-F]{8})\.history$/.exec(fileName);
  if (history !== null) {
    return stretches.some(({ timeline }) => timeline === Number.parseInt(history[1] ?? '', 16));
  }
  const segment = segmentPattern.exec(fileName);
  if (segment === null) return false;
  const timeline = Number.parseInt(segment[1] ?? '', 16);
  // Each log file number covers 4 GB of positions, whatever the segment size (manual 30.6).
  const first = (BigInt(`0x${segment[2]}`) << 32n) + BigInt(`0x${segment[3]}`) * BigInt(segmentSizeBytes);
  const next = first + BigInt(segmentSizeBytes);
  return stretches.some(
    (stretch) =>
      stretch.timeline === timeline && next > stretch.start && (stretch.end === null || first < stretch.end),
  );
}

/** `timeline 1 from 0/5000148 to 0/5032000` */
export function describeStretch({ timeline, start, end }: WalStretch): string {
  const until = end === null ? 'to its end' : `to ${formatLsn(end)}`;
  return `timeline ${timeline} from ${formatLsn(start)} ${until}`;
}
