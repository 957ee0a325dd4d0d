import type { WalEnd } from '../../domain/reign.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import { parseTimelineHistory, timelineHistoryFileName } from '../../domain/timeline-history.ts';
import type { Node } from '../node.ts';

/** Where `timeline` left its parent, as its history file in pg_wal tells; null for the first timeline. */
export async function readFork(
  { adapters, localServer }: Node,
  timeline: TimelineId,
): Promise<WalEnd | null> {
  const path = `${localServer.dataDirectory}/pg_wal/${timelineHistoryFileName(timeline)}`;
  const history = await adapters.files.readText(path);
  const last = history === undefined ? undefined : parseTimelineHistory(history)?.at(-1);
  return last === undefined ? null : { timeline: last.timeline, lsn: last.switchpoint };
}

/** As {@link readFork}, but reads a file once only: what is in it never changes. */
export function createForkReader(node: Node): (timeline: TimelineId) => Promise<WalEnd | null> {
  let known: { readonly timeline: TimelineId; readonly fork: WalEnd | null } | undefined;
  return async (timeline) => {
    if (known?.timeline !== timeline) known = { timeline, fork: await readFork(node, timeline) };
    return known.fork;
  };
}
