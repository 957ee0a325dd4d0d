import type { TimelineId } from '../../domain/timeline.ts';
import { timelineHistoryFileName } from '../../domain/timeline-history.ts';
import type { ControlData } from '../../ports/local-server.ts';
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
 * Takes back the reservations of a promotion that was given up. As a standby with recovery_target_timeline =
 * 'latest' the server would take the highest reserved number for its target, find no WAL of it and never come up.
 * Numbers below a timeline that this server has or knows the history of stay: standbys fetch the history files of
 * all numbers on the way to a new timeline and stumble over gaps. Returns what was removed.
 */
export async function releaseTimelines(
  context: FileContext,
  control: Pick<ControlData, 'checkpointTimeline' | 'minRecoveryEndTimeline'>,
): Promise<readonly TimelineId[]> {
  const histories = await timelinesWithHistory(context);
  // PostgreSQL itself never writes an empty one: only timeline 1 has no ancestor, and no file either.
  const real = histories.filter(({ content }) => content !== '').map(({ timeline }) => timeline);
  const highest = Math.max(control.checkpointTimeline, control.minRecoveryEndTimeline, ...real);
  const reserved = histories.map(({ timeline }) => timeline).filter((timeline) => timeline > highest);
  // From above, so that a crash in between leaves no gap.
  for (const timeline of reserved.toReversed())
    await context.files.removeFile(historyPath(context, timeline));
  return reserved;
}

/**
 * Removes histories and segments (also partial ones) of all timelines after `timeline`, highest first, the history of
 * each after its segments: what is left by a crash in between is found again.
 */
export async function forgetTimelinesAfter(
  context: FileContext,
  timeline: TimelineId,
): Promise<readonly string[]> {
  const names = ((await context.files.list(walDirectory(context))) ?? []).filter((name) => {
    const match = /^([0-9A-F]{8})(?:[0-9A-F]{16}(?:\.partial)?|\.history)$/.exec(name);
    return match !== null && Number.parseInt(match[1] ?? '', 16) > timeline;
  });
  // "." sorts before the digits, so that from above a history comes after its segments.
  const inOrder = names.toSorted().toReversed();
  for (const name of inOrder) await context.files.removeFile(`${walDirectory(context)}/${name}`);
  return inOrder;
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
