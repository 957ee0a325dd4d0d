import { InternalBug } from '../domain/errors/repmgr-error.ts';
import type { Connection } from '../ports/connection.ts';
import { text } from './rows.ts';
import { hasTable } from './schema-state.ts';

export async function readClusterKey(connection: Connection): Promise<string | undefined> {
  if (!(await hasTable(connection, 'cluster_key'))) return undefined;
  const [row] = await connection.query('SELECT key FROM repmgr.cluster_key');
  return row === undefined ? undefined : text(row, 'key');
}

/** Stores `candidate` unless there is a key; returns the one that holds. */
export async function ensureClusterKey(connection: Connection, candidate: string): Promise<string> {
  await connection.query('INSERT INTO repmgr.cluster_key (key) VALUES ($1) ON CONFLICT DO NOTHING', [
    candidate,
  ]);
  const key = await readClusterKey(connection);
  if (key === undefined) throw new InternalBug('repmgr.cluster_key is empty right after its key was stored');
  return key;
}
