import type { NodeId } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { DaemonAddress } from '../ports/metadata-store.ts';
import { integer, text } from './rows.ts';
import { hasTable } from './schema-state.ts';

/** Addresses of registered nodes; none in a schema of the original extension that wasn't migrated yet. */
export async function readDaemonAddresses(connection: Connection): Promise<DaemonAddress[]> {
  if (!(await hasTable(connection, 'daemons'))) return [];
  const rows = await connection.query(
    `SELECT d.node_id, d.host, d.port, d.incarnation
       FROM repmgr.daemons d JOIN repmgr.nodes n ON n.node_id = d.node_id
      ORDER BY d.node_id`,
  );
  return rows.map((row) => ({
    nodeId: integer(row, 'node_id') as NodeId,
    host: text(row, 'host'),
    port: integer(row, 'port'),
    incarnation: text(row, 'incarnation'),
  }));
}

export async function putDaemonAddress(connection: Connection, address: DaemonAddress): Promise<void> {
  await connection.query(
    `INSERT INTO repmgr.daemons (node_id, host, port, incarnation) VALUES ($1, $2, $3, $4)
     ON CONFLICT (node_id) DO UPDATE
       SET host = EXCLUDED.host, port = EXCLUDED.port, incarnation = EXCLUDED.incarnation,
           updated_at = CURRENT_TIMESTAMP`,
    [address.nodeId, address.host, address.port, address.incarnation],
  );
}
