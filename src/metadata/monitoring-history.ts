import { formatLsn, type Lsn } from '../domain/lsn.ts';
import type { Connection } from '../ports/connection.ts';
import type { MonitoringHistoryFilter, MonitoringSample } from '../ports/metadata-store.ts';
import { integer } from './rows.ts';

export async function insertMonitoringSample(
  connection: Connection,
  sample: MonitoringSample,
): Promise<void> {
  const received = sample.receivedLsn ?? sample.replayedLsn;
  await connection.query(
    `INSERT INTO repmgr.monitoring_history
       (primary_node_id, standby_node_id, last_monitor_time, last_apply_time, last_wal_primary_location,
        last_wal_standby_location, replication_lag, apply_lag)
     VALUES ($1, $2, CURRENT_TIMESTAMP, $3, $4, $5, $6, $7)`,
    [
      sample.primaryNodeId,
      sample.standbyNodeId,
      sample.lastReplayTimestamp,
      formatLsn(sample.primaryLsn),
      received === null ? null : formatLsn(received),
      String(bytesBetween(received, sample.primaryLsn)),
      String(bytesBetween(sample.replayedLsn, received)),
    ],
  );
}

/** 0 where one is unknown or, as with WAL restored from an archive, ahead of what was streamed. */
function bytesBetween(behind: Lsn | null, ahead: Lsn | null): bigint {
  if (behind === null || ahead === null || behind > ahead) return 0n;
  return ahead - behind;
}

const condition = `($1::integer IS NULL OR last_monitor_time < CURRENT_TIMESTAMP - make_interval(days => $1))
  AND ($2::integer IS NULL OR standby_node_id = $2)`;

export async function countMonitoringHistory(
  connection: Connection,
  filter: MonitoringHistoryFilter,
): Promise<number> {
  const [row] = await connection.query(
    `SELECT count(*) AS samples FROM repmgr.monitoring_history WHERE ${condition}`,
    valuesOf(filter),
  );
  return row === undefined ? 0 : integer(row, 'samples');
}

/** Without any restriction the table is truncated, which gives its space back at once. */
export async function deleteMonitoringHistory(
  connection: Connection,
  filter: MonitoringHistoryFilter,
): Promise<void> {
  const values = valuesOf(filter);
  if (values.every((value) => value === null)) {
    await connection.query('TRUNCATE TABLE repmgr.monitoring_history');
    return;
  }
  await connection.query(`DELETE FROM repmgr.monitoring_history WHERE ${condition}`, values);
}

export async function vacuumMonitoringHistory(connection: Connection, timeoutMs: number): Promise<void> {
  await connection.query('VACUUM repmgr.monitoring_history', undefined, { timeoutMs });
}

function valuesOf(filter: MonitoringHistoryFilter): readonly (number | null)[] {
  const days = filter.keepDays ?? 0;
  return [days === 0 ? null : days, filter.standbyNodeId ?? null];
}
