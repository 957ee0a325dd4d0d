import type { Connection } from '../../ports/connection.ts';
import { quoteIdentifier, quoteLiteral, text, textOrNull } from './answer.ts';

/** pg_settings leaves out what the role may not read, where current_setting() would fail. */
export async function readSettings(
  connection: Connection,
  names: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const array = `{${names.map((name) => `"${name.replaceAll(/(["\\])/g, '\\$1')}"`).join(',')}}`;
  const rows = await connection.query(
    `SELECT wanted.name, current_setting(s.name) AS value
       FROM unnest($1::text[]) AS wanted (name)
       LEFT JOIN pg_settings s ON lower(s.name) = lower(wanted.name)`,
    [array],
  );
  return new Map(rows.map((row) => [text(row, 'name'), textOrNull(row, 'value')]));
}

/** ALTER SYSTEM; null resets. Needs a reload, or a restart where the setting says so. */
export async function alterSystem(connection: Connection, name: string, value: string | null): Promise<void> {
  const quotedName = name.split('.').map(quoteIdentifier).join('.');
  await connection.query(
    value === null
      ? `ALTER SYSTEM RESET ${quotedName}`
      : `ALTER SYSTEM SET ${quotedName} TO ${quoteLiteral(value)}`,
  );
}

export async function reloadConfiguration(connection: Connection): Promise<void> {
  await connection.query('SELECT pg_reload_conf()');
}
