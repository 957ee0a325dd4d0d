import { parseConninfo } from '../../domain/conninfo/parse-conninfo.ts';
import { describeConninfo } from '../../domain/conninfo/render-conninfo.ts';
import { ConfigurationError } from '../../domain/errors/repmgr-error.ts';
import type {
  Connection,
  ConnectionFactory,
  ConnectionParameters,
  ConnectOptions,
} from '../../ports/connection.ts';
import { type ClientEnvironment, readClientEnvironment } from '../conninfo/client-environment.ts';
import { type ResolvedConninfo, resolveConninfo } from '../conninfo/resolve-conninfo.ts';
import { connect } from './connect.ts';
import { ping } from './ping.ts';
import { PostgresConnection } from './postgres-connection.ts';

export interface ConnectionFactoryOptions {
  /** The environment of this process is read anew for each connection unless one is given. */
  readonly environment?: ClientEnvironment;
  /** A query that runs when it aborts is given up soon after, together with its connection. */
  readonly interrupt?: AbortSignal | undefined;
}

/** Connections through library `pg`, with libpq's rules for everything around the protocol. */
export function createConnectionFactory(given: ConnectionFactoryOptions = {}): ConnectionFactory {
  const current = (): ClientEnvironment => given.environment ?? readClientEnvironment();
  return {
    connect: (conninfo, options) =>
      openConnection(conninfo, options ?? {}, { environment: current(), interrupt: given.interrupt }),
    ping: async (conninfo, options) => {
      const resolved = await resolvedIfValid(conninfo, current());
      return resolved === undefined ? 'noAttempt' : ping({ resolved, ...options });
    },
  };
}

async function openConnection(
  conninfo: string | ConnectionParameters,
  options: ConnectOptions,
  { environment, interrupt }: { environment: ClientEnvironment; interrupt: AbortSignal | undefined },
): Promise<Connection> {
  const parameters = forLogin(parsed(conninfo), options);
  const resolved = await resolveConninfo(forSession(parameters, options), environment);
  const { homeDirectory } = environment;
  const { timeoutMs, signal, replication: isReplication = false } = options;
  const session = await connect({ resolved, homeDirectory, timeoutMs, signal });
  const description = describeConninfo(parameters);
  return new PostgresConnection({ session, parameters, description, isReplication, interrupt });
}

function parsed(conninfo: string | ConnectionParameters): ConnectionParameters {
  return typeof conninfo === 'string' ? parseConninfo(conninfo) : conninfo;
}

async function resolvedIfValid(
  conninfo: string | ConnectionParameters,
  environment: ClientEnvironment,
): Promise<ResolvedConninfo | undefined> {
  try {
    return await resolveConninfo(parsed(conninfo), environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

/** Another role has another password: it comes from the password file then. */
function forLogin(parameters: ConnectionParameters, { user }: ConnectOptions): ConnectionParameters {
  if (user === undefined || user === parameters.get('user')) return parameters;
  const changed = new Map(parameters).set('user', user);
  changed.delete('password');
  return changed;
}

/**
 * Nothing is looked up in schemas that others can write to; and metadata is written without waiting for
 * synchronous standbys, which may be down just then.
 */
const sessionSettings = ['-csearch_path=', '-csynchronous_commit=local'] as const;

/** Adds what every session has. Settings in `options` take effect without another round trip. */
function forSession(parameters: ConnectionParameters, options: ConnectOptions): ConnectionParameters {
  const { replication, keepsSynchronousCommit } = options;
  const session = new Map(parameters);
  if (replication === true) {
    session.set('replication', 'true');
    // Lines for replication connections in password files have this as database.
    session.set('dbname', 'replication');
  }
  const settings = sessionSettings.slice(0, keepsSynchronousCommit === true ? 1 : undefined);
  session.set('options', [parameters.get('options') ?? '', ...settings].join(' ').trim());
  if (!session.has('fallback_application_name')) session.set('fallback_application_name', 'repmgr');
  return session;
}
