import type { RecoveryState } from '../../domain/node.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import type { Connection, Row } from '../../ports/connection.ts';
import type { WalPositions, WalReceiverStatus } from '../../ports/server-inspector.ts';
import { boolean, integer, isRefusal, lsnOrNull, singleRow, sqlState, text, textOrNull } from './answer.ts';

export async function readRecoveryState(connection: Connection): Promise<RecoveryState> {
  const row = await singleRow(connection, 'SELECT pg_is_in_recovery() AS in_recovery');
  return recoveryStateFrom(row);
}

/** Everything about WAL in one round trip, so that the values belong together. */
export async function readWalPositions(connection: Connection): Promise<WalPositions> {
  const sql = walPositionsQuery(connection.serverVersionNum);
  try {
    return walPositionsFrom(await singleRow(connection, sql));
  } catch (error) {
    // The server was promoted between two functions of the query. That happens once.
    if (!isRefusal(error, sqlState.notInPrerequisiteState)) throw error;
    return walPositionsFrom(await singleRow(connection, sql));
  }
}

function walPositionsQuery(serverVersionNum: number): string {
  // pg_stat_wal_receiver: received_lsn became written_lsn and flushed_lsn in 13 (release notes).
  const flushed = serverVersionNum >= 130000 ? 'flushed_lsn' : 'received_lsn';
  // A primary's control file names its new timeline only after the next checkpoint; its WAL file name does at once.
  return `SELECT r.in_recovery,
       CASE WHEN r.in_recovery
            THEN greatest((SELECT timeline_id FROM pg_control_checkpoint()),
                          (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
       END AS timeline,
       CASE WHEN NOT r.in_recovery THEN pg_current_wal_insert_lsn() END AS insert_lsn,
       CASE WHEN NOT r.in_recovery THEN pg_current_wal_flush_lsn() END AS flush_lsn,
       CASE WHEN r.in_recovery THEN pg_last_wal_receive_lsn() END AS received_lsn,
       CASE WHEN r.in_recovery THEN pg_last_wal_replay_lsn() END AS replayed_lsn,
       CASE WHEN r.in_recovery THEN pg_is_wal_replay_paused() ELSE false END AS is_paused,
       CASE WHEN r.in_recovery THEN nullif(current_setting('recovery_min_apply_delay'), '0') END AS apply_delay,
       CASE WHEN NOT r.in_recovery THEN NULL
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE greatest(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)
       END AS replay_lag_secs,
       CASE WHEN r.in_recovery THEN pg_last_xact_replay_timestamp() END AS last_replay,
       w.pid AS receiver_pid, w.status AS receiver_status, w.received_tli AS receiver_timeline,
       w.${flushed} AS receiver_flushed_lsn
  FROM (SELECT pg_is_in_recovery() AS in_recovery) r
  LEFT JOIN pg_stat_wal_receiver w ON w.pid IS NOT NULL`;
}

function walPositionsFrom(row: Row): WalPositions {
  const lag = textOrNull(row, 'replay_lag_secs');
  return {
    recoveryState: recoveryStateFrom(row),
    timeline: integer(row, 'timeline') as TimelineId,
    insertLsn: lsnOrNull(row, 'insert_lsn'),
    flushLsn: lsnOrNull(row, 'flush_lsn'),
    receivedLsn: lsnOrNull(row, 'received_lsn'),
    replayedLsn: lsnOrNull(row, 'replayed_lsn'),
    isReplayPaused: boolean(row, 'is_paused'),
    applyDelay: textOrNull(row, 'apply_delay'),
    replayLagSecs: lag === null ? null : Math.round(Number.parseFloat(lag)),
    lastReplayTimestamp: textOrNull(row, 'last_replay'),
    walReceiver: walReceiverFrom(row),
  };
}

function walReceiverFrom(row: Row): WalReceiverStatus | null {
  if (textOrNull(row, 'receiver_pid') === null) return null;
  const timeline = textOrNull(row, 'receiver_timeline');
  return {
    pid: integer(row, 'receiver_pid'),
    status: textOrNull(row, 'receiver_status'),
    receivedTimeline: timeline === null ? null : (Number.parseInt(timeline, 10) as TimelineId),
    flushedLsn: lsnOrNull(row, 'receiver_flushed_lsn'),
  };
}

function recoveryStateFrom(row: Row): RecoveryState {
  return text(row, 'in_recovery') === 't' ? 'standby' : 'primary';
}
