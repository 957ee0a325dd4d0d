import type { ConnectionParameters } from '../domain/conninfo/connection-parameters.ts';

export type { ConnectionParameters } from '../domain/conninfo/connection-parameters.ts';

export type Row = Readonly<Record<string, string | null>>;

export interface QueryOptions {
  /** Client-side limit; the connection is unusable after it passes. Default 30,000. */
  readonly timeoutMs?: number;
  /** Gives up the query together with the connection, which is unusable then; the query throws Cancelled. */
  readonly signal?: AbortSignal;
}

/**
 * An open session. Values come back as PostgreSQL's text, without conversion.
 * @throws QueryFailed (server refused, with SQLSTATE), ConnectionFailed (session lost, timed out) or Cancelled.
 */
export interface Connection {
  /** The conninfo it was opened with, without password, for messages. */
  readonly description: string;
  /** server_version_num, for example 150018; also on replication connections. */
  readonly serverVersionNum: number;
  readonly parameters: ConnectionParameters;
  /** True on physical replication connections, which understand replication commands only (manual 55.4). */
  readonly isReplication?: boolean;
  /** Extended protocol with `params`, else the simple protocol (needed on replication connections). */
  query(
    sql: string,
    params?: readonly (string | number | boolean | null)[],
    options?: QueryOptions,
  ): Promise<Row[]>;
  /** Resolves once when the session is lost for whatever reason, also after close(). */
  readonly lost: Promise<void>;
  isOpen(): boolean;
  close(): Promise<void>;
  /** Drops the socket at once without a farewell. */
  destroy(): void;
}

export interface ConnectOptions {
  /** Overall limit over all hosts; default: connect_timeout of the conninfo, else 2,000 per host. */
  readonly timeoutMs?: number;
  /** Ends the attempt to connect; has no effect on the connection afterwards. */
  readonly signal?: AbortSignal;
  /** Opens a physical replication connection (dbname becomes `replication`). */
  readonly replication?: boolean;
  /** Replaces user; a password in the conninfo is dropped then, as it belongs to the other role. */
  readonly user?: string;
  /** Leaves synchronous_commit as the server sets it for others; for asking about it, never for writing. */
  readonly keepsSynchronousCommit?: boolean;
}

/** Answer of a server to a connection attempt, as libpq's PQping classifies it. */
export type PingResult = 'ok' | 'reject' | 'noResponse' | 'noAttempt';

export interface ConnectionFactory {
  /** @throws ConfigurationError (conninfo can't be parsed), ConnectionFailed or Cancelled (by `signal`). */
  connect(conninfo: string | ConnectionParameters, options?: ConnectOptions): Promise<Connection>;
  ping(
    conninfo: string | ConnectionParameters,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<PingResult>;
}
