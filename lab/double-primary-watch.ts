import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Endpoint } from './connect-to-writable.ts';
import type { PostgresInstance } from './postgres-instance.ts';

/** From the first to the last acknowledged write of an unbroken run; times of performance.now(). */
export interface WritableInterval {
  readonly node: string;
  readonly fromMs: number;
  toMs: number;
}

export interface WatchedNode extends Endpoint {
  readonly node: string;
}

export interface DoublePrimary {
  readonly nodes: readonly [string, string];
  readonly fromMs: number;
  readonly toMs: number;
}

const database = 'repmgr_lab_probe';
const intervalMs = 20;
const timeoutMs = 400;

/**
 * Tries a small committed write on each server by itself, fifty times a second, and says for how long two of
 * them acknowledged writes at the same time. Writes go to a database of their own.
 */
export class DoublePrimaryWatch {
  readonly intervals: WritableInterval[] = [];
  readonly #nodes: readonly WatchedNode[];
  readonly #stopping = new AbortController();
  #running: Promise<void>[] = [];

  constructor(nodes: readonly WatchedNode[]) {
    this.#nodes = nodes;
  }

  /** Creates the probe database on a primary. */
  static async prepare(primary: PostgresInstance): Promise<void> {
    const [existing] = await primary.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (existing === undefined) await primary.query(`CREATE DATABASE ${database}`);
    await primary.query(
      'CREATE TABLE IF NOT EXISTS probe (node text, at timestamptz DEFAULT clock_timestamp())',
      [],
      { database },
    );
  }

  start(): void {
    this.#running = this.#nodes.map((node) => this.watch(node));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  /** Every stretch in which two nodes were writable, in order of time. */
  overlaps(): DoublePrimary[] {
    const found: DoublePrimary[] = [];
    for (const [index, a] of this.intervals.entries()) {
      for (const b of this.intervals.slice(index + 1)) {
        const fromMs = Math.max(a.fromMs, b.fromMs);
        const toMs = Math.min(a.toMs, b.toMs);
        if (a.node !== b.node && fromMs <= toMs) found.push({ nodes: [a.node, b.node], fromMs, toMs });
      }
    }
    return found.sort((a, b) => a.fromMs - b.fromMs);
  }

  /** Milliseconds in which two nodes acknowledged writes; an overlap of single writes counts as one. */
  doublePrimaryMs(): number {
    return this.overlaps().reduce((sum, { fromMs, toMs }) => sum + Math.max(1, Math.round(toMs - fromMs)), 0);
  }

  private async watch(node: WatchedNode): Promise<void> {
    let client: pg.Client | undefined;
    let interval: WritableInterval | undefined;
    while (!this.#stopping.signal.aborted) {
      const began = performance.now();
      client ??= await open(node);
      const outcome = client === undefined ? 'failed' : await tryWrite(client, node.node);
      if (outcome !== 'written') interval = undefined;
      else if (interval !== undefined) interval.toMs = performance.now();
      else {
        interval = { node: node.node, fromMs: performance.now(), toMs: performance.now() };
        this.intervals.push(interval);
      }
      if (outcome === 'failed') {
        close(client);
        client = undefined;
      }
      await sleep(Math.max(1, intervalMs - (performance.now() - began)));
    }
    close(client);
  }
}

async function open(node: WatchedNode): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    host: node.host,
    port: node.port,
    user: 'postgres',
    database,
    application_name: 'double_primary_watch',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => undefined); // seen by the next query
  try {
    await client.connect();
    return client;
  } catch {
    // Not reachable is the one thing that this watch isn't about.
    close(client);
    return undefined;
  }
}

/** Asks first, because each refused INSERT would be a line in the standby's log. */
async function tryWrite(client: pg.Client, node: string): Promise<'written' | 'readOnly' | 'failed'> {
  try {
    const state = await client.query<{ readonly: boolean }>('SELECT pg_is_in_recovery() AS readonly');
    if (state.rows[0]?.readonly !== false) return 'readOnly';
    await client.query('INSERT INTO probe (node) VALUES ($1)', [node]);
    return 'written';
  } catch {
    // Whatever the reason, no write was acknowledged; a new session asks again.
    return 'failed';
  }
}

function close(client: pg.Client | undefined): void {
  if (client !== undefined) void client.end().catch(() => undefined);
}
