import type pg from 'pg';
import { Cancelled, ConnectionFailed } from '../../domain/errors/repmgr-error.ts';
import type { Connection, ConnectionParameters, QueryOptions, Row } from '../../ports/connection.ts';
import type { PlacedSession } from './connect-to-host.ts';
import { describePlace } from './connection-failure.ts';
import { queryFailure } from './query-failure.ts';
import { serverVersionNumOf } from './server-version.ts';
import { whenInterrupted } from './when-interrupted.ts';

const defaultQueryTimeoutMs = 30_000;
/** How long close() waits for the server to take note. */
const farewellMs = 1_000;

type QueryParameters = readonly (string | number | boolean | null)[];

export interface PostgresConnectionOptions {
  readonly session: PlacedSession;
  readonly parameters: ConnectionParameters;
  readonly description: string;
  readonly isReplication: boolean;
  /** Aborts when whoever waits for a query doesn't want to any longer. */
  readonly interrupt?: AbortSignal | undefined;
}

/** A session with a PostgreSQL server. Queries run one after the other in the order of the calls. */
export class PostgresConnection implements Connection {
  readonly description: string;
  readonly serverVersionNum: number;
  readonly parameters: ConnectionParameters;
  readonly isReplication: boolean;
  readonly lost: Promise<void>;
  readonly #session: PlacedSession;
  readonly #interrupt: AbortSignal | undefined;
  #isOpen = true;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: PostgresConnectionOptions) {
    const { session, parameters, description, isReplication } = options;
    this.#session = session;
    this.#interrupt = options.interrupt;
    this.description = description;
    this.parameters = parameters;
    this.isReplication = isReplication;
    this.serverVersionNum = serverVersionNumOf(session.serverParameters.get('server_version') ?? '');
    const { client, socket } = session;
    this.lost = new Promise((resolve) => {
      const onLost = (): void => {
        this.#isOpen = false;
        resolve();
      };
      client.once('end', onLost);
      if (socket.closed) onLost();
    });
    // The server's last words (terminated by the administrator, …) come without a query: nothing more works.
    client.on('error', () => this.destroy());
  }

  async query(sql: string, params?: QueryParameters, options: QueryOptions = {}): Promise<Row[]> {
    if (isAborted(options.signal)) throw this.#cancelled(options.signal?.reason);
    const result = this.#queue.then(() => this.#run(sql, params, options));
    // The caller gets the failure; the next query in the queue must not.
    this.#queue = result.catch(() => undefined);
    return result;
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    const { client, socket } = this.#session;
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), farewellMs);
    try {
      await client.end();
    } finally {
      clearTimeout(timer);
    }
  }

  destroy(): void {
    this.#isOpen = false;
    this.#session.socket.destroy();
  }

  async #run(sql: string, params: QueryParameters | undefined, options: QueryOptions): Promise<Row[]> {
    const { client, place } = this.#session;
    const { timeoutMs = defaultQueryTimeoutMs, signal } = options;
    if (isAborted(signal)) throw this.#cancelled(signal?.reason);
    if (!this.#isOpen) throw this.#closed();
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      this.destroy();
    }, timeoutMs);
    const onAbort = (): void => this.destroy();
    signal?.addEventListener('abort', onAbort);
    let isInterrupted = false;
    const release = whenInterrupted(this.#interrupt, () => {
      isInterrupted = true;
      this.destroy();
    });
    try {
      return lastRows(await client.query<Record<string, string | null>>(toPgQuery(sql, params)));
    } catch (error) {
      if (isTooLate) throw this.#timedOut(timeoutMs, error);
      if (isAborted(signal)) throw this.#cancelled(signal?.reason);
      if (isInterrupted) throw this.#cancelled(this.#interrupt?.reason);
      throw queryFailure(error, { sql, place });
    } finally {
      clearTimeout(timer);
      release();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #timedOut(timeoutMs: number, cause: unknown): ConnectionFailed {
    const { place } = this.#session;
    return new ConnectionFailed(`${describePlace(place)} did not answer a query within ${timeoutMs} ms`, {
      cause,
      isSilent: true,
      hint: `check the load of "${place.host}" and the network to it`,
      facts: { host: place.host, port: place.port },
    });
  }

  #closed(): ConnectionFailed {
    const { place } = this.#session;
    return new ConnectionFailed(`connection to ${describePlace(place)} is closed`, {
      hint: `check that the server on "${place.host}" still runs, then repeat the command`,
      facts: { host: place.host, port: place.port },
    });
  }

  #cancelled(cause: unknown): Cancelled {
    return new Cancelled(`query to ${describePlace(this.#session.place)} was cancelled`, {
      cause,
    });
  }
}

/** A function, because the compiler takes the state of before an await for that after it. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Without this mode pg would use the simple protocol for an empty list of parameters. */
function toPgQuery(sql: string, params: QueryParameters | undefined): pg.QueryConfig {
  if (params === undefined) return { text: sql };
  const extended: pg.QueryConfig & { queryMode: 'extended' } = {
    text: sql,
    values: [...params],
    queryMode: 'extended',
  };
  return extended;
}

/** The simple protocol answers several statements in one text with several results. */
function lastRows(result: { rows: Row[] } | { rows: Row[] }[]): Row[] {
  return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
}
