import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectToWritable, type Endpoint } from './connect-to-writable.ts';
import type { PostgresInstance } from './postgres-instance.ts';

export interface WritingClientOptions {
  /** All servers, as in `host=a,b,c target_session_attrs=read-write`. */
  readonly endpoints: readonly Endpoint[];
  readonly user: string;
  readonly database: string;
  /** Default 10. */
  readonly intervalMs?: number;
  /** How long a commit may take before the client gives the connection up; default 1,000. */
  readonly commitTimeoutMs?: number;
}

/** Times are those of performance.now(). */
export interface AcknowledgedRow {
  readonly sequence: number;
  readonly sentMs: number;
  readonly acknowledgedMs: number;
}

/** A stretch without an acknowledged write. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly durationMs: number;
}

export interface Verification {
  readonly acknowledged: number;
  /** Rows that the client was told are safe, and that are not there. */
  readonly lost: readonly number[];
  /** Rows whose commit ended in a lost connection: there or not, both is right. */
  readonly unknown: number;
  readonly unknownPresent: number;
}

const table = 'repmgr_lab_writes';

/**
 * An application that writes one row per transaction, always to whichever server is writable, and remembers
 * what it was told about each row.
 */
export class WritingClient {
  readonly #options: Required<WritingClientOptions>;
  readonly #acknowledged: AcknowledgedRow[] = [];
  readonly #unknown: number[] = [];
  readonly #stopping = new AbortController();
  #sequence = 0;
  #refused = 0;
  #running: Promise<void> | undefined;
  #startedMs = 0;
  #stoppedMs: number | undefined;

  constructor(options: WritingClientOptions) {
    this.#options = { intervalMs: 10, commitTimeoutMs: 1_000, ...options };
  }

  /** Creates the table on a primary. */
  static async prepare(primary: PostgresInstance, database: string, user = 'postgres'): Promise<void> {
    await primary.query(
      `CREATE TABLE IF NOT EXISTS ${table} (sequence bigint PRIMARY KEY, written timestamptz DEFAULT now())`,
      [],
      { database, user },
    );
  }

  start(): void {
    this.#startedMs = performance.now();
    this.#running ??= this.run();
  }

  /** Ends after the write under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#stoppedMs ??= performance.now();
  }

  get acknowledged(): readonly AcknowledgedRow[] {
    return this.#acknowledged;
  }

  /** Writes that a server refused (read-only, shutting down); certainly not there. */
  get refused(): number {
    return this.#refused;
  }

  /** Time of the first write acknowledged after `ms`, if there was one. */
  firstAcknowledgedAfter(ms: number): number | undefined {
    return this.#acknowledged.find((row) => row.sentMs > ms)?.acknowledgedMs;
  }

  /** All gaps between acknowledged writes that end after `sinceMs`, the longest first. */
  outages(sinceMs = 0): Gap[] {
    const times = [this.#startedMs, ...this.#acknowledged.map((row) => row.acknowledgedMs)];
    times.push(this.#stoppedMs ?? performance.now());
    return times
      .slice(1)
      .map((toMs, index) => {
        const fromMs = times[index] ?? toMs;
        return { fromMs, toMs, durationMs: toMs - fromMs };
      })
      .filter((gap) => gap.toMs > sinceMs)
      .sort((a, b) => b.durationMs - a.durationMs);
  }

  /** The write outage that an event at `eventMs` caused: the longest gap that ends after it. */
  outageSince(eventMs: number): number {
    return this.outages(eventMs)[0]?.durationMs ?? 0;
  }

  /** Compares what the client was told with what a server holds. */
  async verify(server: PostgresInstance): Promise<Verification> {
    const { database, user } = this.#options;
    // Taken before the look: what is acknowledged during it need not be in it.
    const acknowledged = this.#acknowledged.map((row) => row.sequence);
    const unknown = [...this.#unknown];
    const rows = await server.query<{ sequence: string }>(`SELECT sequence FROM ${table}`, [], {
      database,
      user,
    });
    const present = new Set(rows.map((row) => Number(row.sequence)));
    return {
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((sequence) => !present.has(sequence)),
      unknown: unknown.length,
      unknownPresent: unknown.filter((sequence) => present.has(sequence)).length,
    };
  }

  private async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const client = await connectToWritable({ ...this.#options, signal });
      if (client === undefined) return;
      await this.writeUntilLost(client);
      // end() waits for an answer that a hung server never gives; closing the socket is all that matters.
      destroySocket(client);
    }
  }

  private async writeUntilLost(client: pg.Client): Promise<void> {
    const { intervalMs, commitTimeoutMs } = this.#options;
    let due = performance.now();
    while (!this.#stopping.signal.aborted) {
      this.#sequence += 1;
      const sequence = this.#sequence;
      const sentMs = performance.now();
      const outcome = await insert(client, sequence, commitTimeoutMs);
      if (outcome === 'acknowledged') {
        this.#acknowledged.push({ sequence, sentMs, acknowledgedMs: performance.now() });
      } else {
        if (outcome === 'unknown') this.#unknown.push(sequence);
        else this.#refused += 1;
        return;
      }
      due = Math.max(due + intervalMs, performance.now() - intervalMs);
      await sleep(Math.max(0, due - performance.now()));
    }
  }
}

type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** SQLSTATEs with which a server says no before anything was written. */
const refusals = new Set(['25006', '57P03', '53300', '42P01']);

async function insert(client: pg.Client, sequence: number, timeoutMs: number): Promise<Outcome> {
  const query = {
    text: `INSERT INTO ${table} (sequence) VALUES ($1)`,
    values: [sequence],
    query_timeout: timeoutMs,
  };
  try {
    const result = await client.query(query);
    return result.rowCount === 1 ? 'acknowledged' : 'unknown';
  } catch (error) {
    const state = error instanceof pg.DatabaseError ? error.code : undefined;
    return state !== undefined && refusals.has(state) ? 'refused' : 'unknown';
  }
}

function destroySocket(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
