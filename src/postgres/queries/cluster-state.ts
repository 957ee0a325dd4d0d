import type { SystemIdentifier } from '../../domain/system-identifier.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import type { Connection } from '../../ports/connection.ts';
import { integer, isRefusal, singleRow, sqlState, text, textOrNull } from './answer.ts';

export async function readControlState(
  connection: Connection,
): Promise<{ systemIdentifier: SystemIdentifier; checkpointTimeline: TimelineId }> {
  const row = await singleRow(
    connection,
    `SELECT s.system_identifier, c.timeline_id FROM pg_control_system() s, pg_control_checkpoint() c`,
  );
  return {
    systemIdentifier: text(row, 'system_identifier') as SystemIdentifier,
    checkpointTimeline: integer(row, 'timeline_id') as TimelineId,
  };
}

/** Null when the role may neither connect to all databases nor has pg_read_all_stats. */
export async function readTotalDataBytes(connection: Connection): Promise<bigint | null> {
  try {
    const row = await singleRow(connection, 'SELECT sum(pg_database_size(oid)) AS size FROM pg_database');
    const size = textOrNull(row, 'size');
    return size === null ? null : BigInt(size);
  } catch (error) {
    if (isRefusal(error, sqlState.insufficientPrivilege)) return null;
    throw error;
  }
}

export async function readTablespaceLocations(
  connection: Connection,
): Promise<readonly { oid: string; location: string }[]> {
  const rows = await connection.query(
    `SELECT t.oid, t.location
       FROM (SELECT oid, pg_tablespace_location(oid) AS location FROM pg_tablespace) t
      WHERE t.location <> '' ORDER BY t.oid`,
  );
  return rows.map((row) => ({ oid: text(row, 'oid'), location: text(row, 'location') }));
}
