import { QueryFailed } from '../../domain/errors/repmgr-error.ts';
import type { SystemIdentifier } from '../../domain/system-identifier.ts';
import type { TimelineId, TimelineSwitch } from '../../domain/timeline.ts';
import { parseTimelineHistory } from '../../domain/timeline-history.ts';
import type { Connection } from '../../ports/connection.ts';
import type { SystemIdentity } from '../../ports/server-inspector.ts';
import { integer, isRefusal, lsnOrNull, singleRow, sqlState, text } from './answer.ts';

/** IDENTIFY_SYSTEM (manual 55.4). */
export async function identifySystem(connection: Connection): Promise<SystemIdentity> {
  const row = await singleRow(connection, 'IDENTIFY_SYSTEM');
  const walPosition = lsnOrNull(row, 'xlogpos');
  if (walPosition === null) throw new QueryFailed('IDENTIFY_SYSTEM gave no WAL position');
  return {
    systemIdentifier: text(row, 'systemid') as SystemIdentifier,
    timeline: integer(row, 'timeline') as TimelineId,
    walPosition,
  };
}

/** TIMELINE_HISTORY (manual 55.4). */
export async function readTimelineHistory(
  connection: Connection,
  timeline: TimelineId,
): Promise<readonly TimelineSwitch[]> {
  // Timeline 1 has no ancestors and hence no file.
  if (timeline === 1) return [];
  const switches = parseTimelineHistory(await historyContent(connection, timeline));
  if (switches !== undefined) return switches;
  throw new QueryFailed(
    `the history file of timeline ${timeline} is damaged on "${connection.description}"`,
    {
      hint: 'restore the file from the WAL archive into pg_wal of that server',
      facts: { timeline },
    },
  );
}

async function historyContent(connection: Connection, timeline: TimelineId): Promise<string> {
  try {
    return text(await singleRow(connection, `TIMELINE_HISTORY ${timeline}`), 'content');
  } catch (error) {
    if (!isRefusal(error, sqlState.undefinedFile)) throw error;
    throw new QueryFailed(
      `the server at "${connection.description}" has no history file of timeline ${timeline}`,
      {
        sqlState: sqlState.undefinedFile,
        hint: 'restore the .history files into its pg_wal from the WAL archive, or clone the node anew',
        facts: { timeline },
        cause: error,
      },
    );
  }
}
