import type { Lsn } from '../../domain/lsn.ts';
import type { Connection } from '../../ports/connection.ts';
import { lsnOrNull, singleRow } from './answer.ts';

/**
 * Makes the session fit for `writeWalMark`: its commits wait for the local disk and for no standby (manual 19.5.1),
 * also where sessions are read-only unless they say otherwise.
 */
export async function prepareWalMarks(connection: Connection): Promise<void> {
  await connection.query('SET synchronous_commit = local; SET default_transaction_read_only = off');
}

/**
 * Writes a logical message that nobody decodes and flushes it; resolves with its end. pg_logical_emit_message works
 * with every wal_level and for every role (manual 9.28.6); as part of a transaction its commit flushes it.
 */
export async function writeWalMark(connection: Connection): Promise<Lsn | null> {
  const row = await singleRow(connection, "SELECT pg_logical_emit_message(true, 'repmgr', '') AS lsn");
  return lsnOrNull(row, 'lsn');
}
