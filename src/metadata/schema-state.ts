import type { Connection } from '../ports/connection.ts';
import type { SchemaState } from '../ports/metadata-store.ts';
import { boolean, integer } from './rows.ts';

// Catalogues instead of to_regclass(): that fails for a role without USAGE on the schema.
const tableQuery = `SELECT c.oid, EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                            AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e') AS owned
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = 'repmgr' AND c.relname = $1 AND c.relkind IN ('r', 'p')`;

/** Whether a table of schema `repmgr` exists. */
export async function hasTable(connection: Connection, tableName: string): Promise<boolean> {
  return (await connection.query(tableQuery, [tableName])).length > 0;
}

/**
 * What is there of the schema. A schema `repmgr` without nodes (made for a role of that name, say) is absent.
 */
export async function readSchemaState(connection: Connection): Promise<SchemaState> {
  const [nodes] = await connection.query(tableQuery, ['nodes']);
  if (nodes === undefined) return { kind: 'absent' };
  return {
    kind: 'present',
    ownedByExtension: boolean(nodes, 'owned'),
    migration: await appliedMigration(connection),
  };
}

async function appliedMigration(connection: Connection): Promise<number> {
  if (!(await hasTable(connection, 'schema_migrations'))) return 0;
  const [row] = await connection.query(
    'SELECT coalesce(max(version), 0) AS version FROM repmgr.schema_migrations',
  );
  return row === undefined ? 0 : integer(row, 'version');
}
