import { QueryFailed } from '../../domain/errors/repmgr-error.ts';
import type { Connection } from '../../ports/connection.ts';
import type { AttachmentState, ReplicationRow } from '../../ports/server-inspector.ts';
import { integer, lsnOrNull, text, textOrNull } from './answer.ts';

/** Rows of pg_stat_replication; a role without pg_read_all_stats sees only pid and application_name. */
export async function readReplicationRows(connection: Connection): Promise<ReplicationRow[]> {
  const rows = await connection.query(
    `SELECT pid, coalesce(application_name, '') AS application_name, state, flush_lsn, replay_lsn, sync_state
       FROM pg_stat_replication ORDER BY pid`,
  );
  return rows.map((row) => ({
    pid: integer(row, 'pid'),
    applicationName: text(row, 'application_name'),
    state: textOrNull(row, 'state'),
    flushLsn: lsnOrNull(row, 'flush_lsn'),
    replayLsn: lsnOrNull(row, 'replay_lsn'),
    syncState: textOrNull(row, 'sync_state'),
  }));
}

/** Where the role may not see the state, being there is taken for streaming. */
export async function readAttachment(
  connection: Connection,
  applicationName: string,
): Promise<AttachmentState> {
  try {
    const rows = await connection.query(
      'SELECT state FROM pg_stat_replication WHERE application_name = $1 LIMIT 2',
      [applicationName],
    );
    const [row, another] = rows;
    if (row === undefined) return 'absent';
    if (another !== undefined) return 'unknown';
    const state = textOrNull(row, 'state');
    return state === null || state === 'streaming' ? 'attached' : 'notStreaming';
  } catch (error) {
    if (error instanceof QueryFailed) return 'unknown';
    throw error;
  }
}
