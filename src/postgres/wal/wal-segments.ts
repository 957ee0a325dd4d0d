import type { Lsn } from '../../domain/lsn.ts';
import type { TimelineId } from '../../domain/timeline.ts';

const logFileBytes = 0x1_0000_0000n;

/** Start of the segment that holds a position. */
export function segmentStart(lsn: Lsn, segmentSizeBytes: number): Lsn {
  return (lsn - (lsn % BigInt(segmentSizeBytes))) as Lsn;
}

/** Name of the file in pg_wal that holds a position (manual 30.6). */
export function segmentFileName(timeline: TimelineId, lsn: Lsn, segmentSizeBytes: number): string {
  const segment = (lsn % logFileBytes) / BigInt(segmentSizeBytes);
  return [BigInt(timeline), lsn / logFileBytes, segment]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

/** End of the unbroken run of segment files that begins with the one of `start`; undefined if that is missing. */
export function endOfSegments(
  fileNames: ReadonlySet<string>,
  timeline: TimelineId,
  range: { readonly start: Lsn; readonly segmentSizeBytes: number },
): Lsn | undefined {
  let next = segmentStart(range.start, range.segmentSizeBytes);
  const first = next;
  while (fileNames.has(segmentFileName(timeline, next, range.segmentSizeBytes))) {
    next = (next + BigInt(range.segmentSizeBytes)) as Lsn;
  }
  return next === first ? undefined : next;
}

/** Headers of pages, and of the first page of each segment (XLogPageHeaderData, XLogLongPageHeaderData). */
const pageHeaderBytes = 24n;
const longPageHeaderBytes = 40n;
const alignmentBytes = 8n;

/** Where the next record begins after one of `totalBytes` at `start`, which may run over several pages. */
export function endOfRecord(
  record: { readonly start: Lsn; readonly totalBytes: number; readonly isSwitch: boolean },
  sizes: { readonly walSegmentSizeBytes: number; readonly walBlockSizeBytes: number },
): Lsn {
  const segmentSize = BigInt(sizes.walSegmentSizeBytes);
  const pageSize = BigInt(sizes.walBlockSizeBytes);
  let position: bigint = record.start;
  let remaining = BigInt(record.totalBytes);
  for (;;) {
    const pageEnd = position - (position % pageSize) + pageSize;
    if (remaining <= pageEnd - position) break;
    remaining -= pageEnd - position;
    position = pageEnd + (pageEnd % segmentSize === 0n ? longPageHeaderBytes : pageHeaderBytes);
  }
  const end = position + remaining;
  const aligned = end + ((alignmentBytes - (end % alignmentBytes)) % alignmentBytes);
  if (!record.isSwitch || aligned % segmentSize === 0n) return aligned as Lsn;
  // pg_switch_wal() leaves the rest of the segment empty.
  return (aligned - (aligned % segmentSize) + segmentSize) as Lsn;
}
