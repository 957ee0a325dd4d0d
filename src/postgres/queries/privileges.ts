import type { Connection } from '../../ports/connection.ts';
import { boolean, singleRow } from './answer.ts';

export function isSuperuser(connection: Connection): Promise<boolean> {
  return ask(connection, 'SELECT rolsuper AS answer FROM pg_roles WHERE rolname = current_user');
}

/** Superusers count, as the server lets them through (manual 22.2). */
export function hasReplicationAttribute(connection: Connection): Promise<boolean> {
  return ask(
    connection,
    'SELECT rolsuper OR rolreplication AS answer FROM pg_roles WHERE rolname = current_user',
  );
}

export function mayPromote(connection: Connection): Promise<boolean> {
  return ask(
    connection,
    `SELECT has_function_privilege('pg_catalog.pg_promote(boolean, integer)', 'EXECUTE') AS answer`,
  );
}

export function mayCheckpoint(connection: Connection): Promise<boolean> {
  // The role pg_checkpoint came with 15 (release notes).
  const byRole =
    connection.serverVersionNum >= 150000 ? `OR pg_has_role(current_user, 'pg_checkpoint', 'USAGE')` : '';
  return ask(connection, `SELECT rolsuper ${byRole} AS answer FROM pg_roles WHERE rolname = current_user`);
}

async function ask(connection: Connection, sql: string): Promise<boolean> {
  return boolean(await singleRow(connection, sql), 'answer');
}
