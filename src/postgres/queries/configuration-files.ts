import type { Connection } from '../../ports/connection.ts';
import { text } from './answer.ts';

/**
 * Source files of settings, hba_file and ident_file. pg_settings hides them from roles without
 * pg_read_all_settings (manual 54.24): then null.
 */
export async function readConfigurationFiles(connection: Connection): Promise<readonly string[] | null> {
  const rows = await connection.query(
    `SELECT sourcefile AS path FROM pg_settings WHERE sourcefile IS NOT NULL
      UNION
     SELECT setting FROM pg_settings WHERE name IN ('config_file', 'hba_file', 'ident_file')
      ORDER BY 1`,
  );
  const paths = rows.map((row) => text(row, 'path')).filter((path) => path !== '');
  return paths.length === 0 ? null : paths;
}
