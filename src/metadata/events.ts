import type { ClusterEvent } from '../domain/event.ts';
import type { Connection } from '../ports/connection.ts';
import type { EventFilter, EventRow, EventSpan, TimedEvent } from '../ports/metadata-store.ts';
import { boolean, integer, text, textOrNull } from './rows.ts';

/** Returns the row's event_timestamp as text, for example `2026-11-22 21:50:58.638664+00`. */
export async function insertEvent(connection: Connection, event: ClusterEvent): Promise<string> {
  const [row] = await connection.query(
    `INSERT INTO repmgr.events (node_id, event, successful, details) VALUES ($1, $2, $3, $4)
     RETURNING event_timestamp`,
    [event.nodeId, event.event, event.successful, event.details],
  );
  return row === undefined ? '' : text(row, 'event_timestamp');
}

/** Newest first. Filters for a node look at its record, so they hide events of unregistered nodes. */
export async function readEvents(connection: Connection, filter: EventFilter): Promise<EventRow[]> {
  const rows = await connection.query(
    `SELECT e.node_id, coalesce(n.node_name, '') AS node_name, e.event, e.successful,
            to_char(e.event_timestamp, 'YYYY-MM-DD HH24:MI:SS') AS event_time, e.details
       FROM repmgr.events e
       LEFT JOIN repmgr.nodes n ON n.node_id = e.node_id
      WHERE ($1::integer IS NULL OR n.node_id = $1)
        AND ($2::text IS NULL OR n.node_name = $2)
        AND ($3::text IS NULL OR e.event = $3)
      ORDER BY e.event_timestamp DESC
      LIMIT $4::bigint`,
    [filter.nodeId ?? null, filter.nodeName ?? null, filter.event ?? null, filter.limit ?? null],
  );
  return rows.map((row) => ({
    nodeId: integer(row, 'node_id'),
    nodeName: text(row, 'node_name'),
    event: text(row, 'event'),
    successful: boolean(row, 'successful'),
    timestamp: text(row, 'event_time'),
    details: textOrNull(row, 'details'),
  }));
}

/** Oldest first; of more than the limit the newest. */
export async function readEventsWithin(
  connection: Connection,
  { sinceMs, untilMs, limit }: EventSpan,
): Promise<TimedEvent[]> {
  const rows = await connection.query(
    `SELECT node_id, event, successful, details,
            (extract(epoch FROM event_timestamp) * 1000)::bigint AS at_ms
       FROM repmgr.events
      WHERE event_timestamp BETWEEN to_timestamp($1::float8 / 1000) AND to_timestamp($2::float8 / 1000)
      ORDER BY event_timestamp DESC
      LIMIT $3::bigint`,
    [sinceMs, untilMs, limit],
  );
  return rows.toReversed().map((row) => ({
    nodeId: integer(row, 'node_id'),
    event: text(row, 'event'),
    successful: boolean(row, 'successful'),
    details: textOrNull(row, 'details'),
    atMs: integer(row, 'at_ms'),
  }));
}
