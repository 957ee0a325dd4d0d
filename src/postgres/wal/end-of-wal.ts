import type { Lsn } from '../../domain/lsn.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import { parseTimelineHistory } from '../../domain/timeline-history.ts';
import type { ControlFile } from '../control-data.ts';
import type { ServerContext } from '../server/server-context.ts';
import { timelinesWithHistory } from './timelines.ts';
import type { WalDump, WalRecord } from './wal-dump.ts';
import { endOfRecord, endOfSegments, segmentStart } from './wal-segments.ts';

export interface WalPosition {
  readonly lsn: Lsn;
  readonly timeline: TimelineId;
}

/** Where to begin to read on a timeline. */
interface Stretch {
  readonly timeline: TimelineId;
  readonly start: Lsn;
}

/**
 * End of valid WAL in pg_wal: the position after the last record that crash recovery could replay. Looks on the
 * newest timeline that descends from the last checkpoint and has WAL here, and reports that timeline. Undefined
 * when not even the checkpoint's WAL can be read.
 */
export async function findEndOfWal(
  context: Pick<ServerContext, 'files' | 'settings'>,
  control: ControlFile,
  walDump: WalDump,
): Promise<WalPosition | undefined> {
  const names = new Set((await context.files.list(`${context.settings.data_directory}/pg_wal`)) ?? []);
  const { walSegmentSizeBytes: segmentSizeBytes } = control;
  for (const { timeline, start } of await stretches(context, control)) {
    const end = endOfSegments(names, timeline, { start, segmentSizeBytes });
    if (end === undefined) continue;
    const record = await lastValidRecord(walDump, { timeline, start, end, segmentSizeBytes });
    if (record !== undefined) return { lsn: endOfRecord(record, control), timeline };
  }
  return undefined;
}

/** Newest timeline first. A descendant must have left the checkpoint's timeline after its redo position. */
async function stretches(
  context: Pick<ServerContext, 'files' | 'settings'>,
  control: ControlFile,
): Promise<Stretch[]> {
  const found: Stretch[] = [{ timeline: control.checkpointTimeline, start: control.checkpointRedoLsn }];
  for (const { timeline, content } of await timelinesWithHistory(context)) {
    const switches = parseTimelineHistory(content) ?? [];
    const left = switches.find((entry) => entry.timeline === control.checkpointTimeline);
    const begin = switches.at(-1)?.switchpoint;
    if (left === undefined || begin === undefined || left.switchpoint < control.checkpointRedoLsn) continue;
    found.push({ timeline, start: begin });
  }
  return found.sort((a, b) => b.timeline - a.timeline);
}

async function lastValidRecord(
  walDump: WalDump,
  range: { timeline: TimelineId; start: Lsn; end: Lsn; segmentSizeBytes: number },
): Promise<WalRecord | undefined> {
  const { timeline, start, end, segmentSizeBytes } = range;
  const walked = await walDump.walk({ timeline, start, end });
  if (walked.kind === 'unreadable') return undefined;
  if (walked.kind === 'brokeOff') return walDump.recordAt({ timeline, start: walked.lastRecord, end });
  // Valid up to the end of the last file. Its last record begins in it, or earlier if it is a huge one.
  for (
    let from = segmentStart((end - 1n) as Lsn, segmentSizeBytes);
    ;
    from = (from - BigInt(segmentSizeBytes)) as Lsn
  ) {
    const isFirst = from <= start;
    const record = await walDump.lastRecordIn({ timeline, start: isFirst ? start : from, end });
    if (record !== undefined || isFirst) return record;
  }
}
