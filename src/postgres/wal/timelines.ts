import type { TimelineId } from '../../domain/timeline.ts';
import { timelineHistoryFileName } from '../../domain/timeline-history.ts';
import type { ServerContext } from '../server/server-context.ts';

type FileContext = Pick<ServerContext, 'files' | 'settings'>;

/**
 * Makes PostgreSQL skip the number: at promotion it takes the first one without a history file. Never touches
 * a file that exists.
 */
export async function reserveTimeline(context: FileContext, timeline: TimelineId): Promise<void> {
  await context.files.createEmptyDurably(historyPath(context, timeline), { mode: 0o600 });
}

/**
 * Takes reservations back, which a promotion that was given up must do before the server starts as a standby:
 * with recovery_target_timeline = 'latest' it would take the reserved number for its target and refuse to start
 * ("requested timeline … is not a child of this server's history"). Returns what was removed.
 */
export async function releaseTimelines(context: FileContext): Promise<readonly TimelineId[]> {
  const released: TimelineId[] = [];
  for (const { timeline, content } of await timelinesWithHistory(context)) {
    // PostgreSQL itself never writes an empty one: only timeline 1 has no ancestor, and no file either.
    if (content !== '') continue;
    await context.files.removeFile(historyPath(context, timeline));
    released.push(timeline);
  }
  return released;
}

/** All timelines of which pg_wal holds a history file, in ascending order. */
export async function timelinesWithHistory(
  context: FileContext,
): Promise<readonly { timeline: TimelineId; content: string }[]> {
  const found: { timeline: TimelineId; content: string }[] = [];
  for (const name of (await context.files.list(walDirectory(context))) ?? []) {
    const match = /^([0-9A-F]{8})\.history$/.exec(name);
    if (match === null) continue;
    const content = await context.files.readText(`${walDirectory(context)}/${name}`);
    if (content !== undefined) {
      found.push({ timeline: Number.parseInt(match[1] ?? '', 16) as TimelineId, content });
    }
  }
  return found;
}

function historyPath(context: FileContext, timeline: TimelineId): string {
  return `${walDirectory(context)}/${timelineHistoryFileName(timeline)}`;
}

function walDirectory({ settings }: FileContext): string {
  return `${settings.data_directory}/pg_wal`;
}
