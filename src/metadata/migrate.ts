import { QueryFailed } from '../domain/errors/repmgr-error.ts';
import type { Connection } from '../ports/connection.ts';
import type { SchemaState } from '../ports/metadata-store.ts';
import { type Migration, migrations, migrationsTableStatement, newestMigration } from './migrations.ts';
import { schemaStatements } from './schema.ts';
import { hasTable, readSchemaState } from './schema-state.ts';
import { inTransaction } from './transaction.ts';

/** Any fixed number will do that no other program takes for itself; these are the letters "repmgr". */
const advisoryLock = 0x7265706d6772;

const insufficientPrivilege = '42501';

export interface MigrationResult {
  /** False when the schema was there before. */
  readonly created: boolean;
  readonly migration: number;
}

/**
 * Creates what is missing of the schema, in one transaction; two registrations at once wait for each other.
 * `grantTo` gets USAGE on the schema and ALL on its tables.
 * @throws QueryFailed, ConnectionFailed
 */
export async function migrateSchema(connection: Connection, grantTo?: string): Promise<MigrationResult> {
  const state = await readSchemaState(connection);
  if (grantTo === undefined && isComplete(state)) return { created: false, migration: newestMigration };
  try {
    return await inTransaction(connection, async () => {
      await connection.query(`SELECT pg_advisory_xact_lock(${advisoryLock})`);
      const created = await applyMissing(connection);
      if (grantTo !== undefined) await grantAccess(connection, grantTo);
      return { created, migration: newestMigration };
    });
  } catch (error) {
    if (error instanceof QueryFailed && error.sqlState === insufficientPrivilege) throw needsOwner(error);
    throw error;
  }
}

/** A newer program may have been here before: its further migrations are no reason to do anything. */
function isComplete(state: SchemaState): boolean {
  return state.kind === 'present' && state.migration >= newestMigration;
}

async function applyMissing(connection: Connection): Promise<boolean> {
  const state = await readSchemaState(connection);
  if (state.kind === 'absent') await runAll(connection, schemaStatements);
  if (isComplete(state)) return false;
  // CREATE TABLE IF NOT EXISTS would ask for CREATE on the schema even with nothing to create.
  if (!(await hasTable(connection, 'schema_migrations'))) await connection.query(migrationsTableStatement);
  const applied = state.kind === 'present' ? state.migration : 0;
  for (const migration of migrations) {
    if (migration.version > applied) await apply(connection, migration);
  }
  return state.kind === 'absent';
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  await runAll(connection, migration.statements);
  await connection.query('INSERT INTO repmgr.schema_migrations (version, description) VALUES ($1, $2)', [
    migration.version,
    migration.description,
  ]);
}

async function runAll(connection: Connection, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await connection.query(statement);
}

async function grantAccess(connection: Connection, role: string): Promise<void> {
  const grantee = `"${role.replaceAll('"', '""')}"`;
  await connection.query(`GRANT USAGE ON SCHEMA repmgr TO ${grantee}`);
  await connection.query(`GRANT ALL ON ALL TABLES IN SCHEMA repmgr TO ${grantee}`);
}

function needsOwner(error: QueryFailed): QueryFailed {
  return new QueryFailed(`unable to create the tables of schema "repmgr": ${error.message}`, {
    sqlState: error.sqlState,
    hint: 'name a superuser with -S/--superuser, or run the command as the owner of schema "repmgr"',
    cause: error,
  });
}
