import { ConfigurationError, QueryFailed, RepmgrError } from '../domain/errors/repmgr-error.ts';
import type { Connection } from '../ports/connection.ts';
import type { SchemaState } from '../ports/metadata-store.ts';
import type { OperationContext } from './operation-context.ts';
import { withConnection } from './with-connection.ts';

type SchemaContext = Pick<OperationContext, 'adapters' | 'signal'>;

export interface SchemaRequest {
  /** Of the repmgr role, to a server out of recovery. */
  readonly connection: Connection;
  readonly state: SchemaState;
  /** `--superuser`. */
  readonly superuser: string | undefined;
}

/** Which role changes the schema: the one connected, or the superuser. */
export type SchemaRole = { readonly kind: 'own' } | { readonly kind: 'superuser'; readonly user: string };

/**
 * Finds a role that may create what is missing of the schema `repmgr`.
 * @throws ConfigurationError when there is none.
 */
export async function chooseSchemaRole(context: SchemaContext, request: SchemaRequest): Promise<SchemaRole> {
  const { connection, state, superuser } = request;
  const isOwn = await mayCreate(connection, state);
  if (isOwn || (superuser === undefined && state.kind === 'present' && state.migration > 0))
    return { kind: 'own' };
  if (superuser === undefined) {
    throw new ConfigurationError(`the role of ${connection.description} may not create the schema "repmgr"`, {
      hint: 'name a superuser with -S/--superuser, or GRANT CREATE ON DATABASE to the role',
    });
  }
  await withConnection(
    () => connectAs(context, request, superuser),
    async (privileged) => {
      if (await context.adapters.inspector.isSuperuser(privileged)) return;
      throw new ConfigurationError(`"${superuser}", given with --superuser, is no superuser`, {
        hint: 'name a role that has the attribute SUPERUSER',
      });
    },
  );
  return { kind: 'superuser', user: superuser };
}

/**
 * Creates the schema where it is absent and our own tables where they are old or absent.
 * @returns whether the schema was created.
 * @throws ConfigurationError
 */
export async function migrateSchema(
  context: SchemaContext,
  request: SchemaRequest,
  role: SchemaRole,
): Promise<boolean> {
  const { metadata } = context.adapters;
  try {
    if (role.kind === 'own') return (await metadata.migrate(request.connection)).created;
    const [row] = await request.connection.query('SELECT current_user AS role');
    return await withConnection(
      () => connectAs(context, request, role.user),
      async (privileged) => (await metadata.migrate(privileged, row?.['role'] ?? undefined)).created,
    );
  } catch (error) {
    if (!(error instanceof QueryFailed)) throw error;
    throw new ConfigurationError('the schema "repmgr" could not be created or completed', {
      detail: error.message,
      hint: error.hint ?? 'check the log of PostgreSQL',
      cause: error,
    });
  }
}

/** has_schema_privilege fails on a schema that isn't there. */
async function mayCreate(connection: Connection, state: SchemaState): Promise<boolean> {
  const question =
    state.kind === 'absent'
      ? "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
      : "pg_catalog.has_schema_privilege('repmgr', 'CREATE')";
  const [row] = await connection.query(`SELECT ${question} AS allowed`);
  return row?.['allowed'] === 't';
}

async function connectAs(
  { adapters, signal }: SchemaContext,
  { connection }: SchemaRequest,
  user: string,
): Promise<Connection> {
  try {
    return await adapters.connections.connect(connection.parameters, { user, signal });
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    throw new ConfigurationError(`unable to connect as superuser "${user}"`, {
      detail: error.message,
      hint: 'a password for this role must be in the password file or in PGPASSWORD',
      cause: error,
    });
  }
}
