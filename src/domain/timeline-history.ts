import { parseLsn } from './lsn.ts';
import type { TimelineId, TimelineSwitch } from './timeline.ts';

const entryPattern = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/;

/**
 * Reads a timeline history file: one line per ancestor with the position at which it was left, oldest first.
 * Empty lines and comments are skipped; undefined when a line can't be read (PostgreSQL refuses such a file).
 */
export function parseTimelineHistory(text: string): readonly TimelineSwitch[] | undefined {
  const switches: TimelineSwitch[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = entryPattern.exec(line);
    const switchpoint = parseLsn(match?.[2] ?? '');
    if (match === null || switchpoint === undefined) return undefined;
    switches.push({ timeline: Number(match[1]) as TimelineId, switchpoint });
  }
  return switches;
}

/** `0000000A.history` for timeline 10. */
export function timelineHistoryFileName(timeline: TimelineId): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}
