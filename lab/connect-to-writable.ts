import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface WritableSearch {
  readonly endpoints: readonly Endpoint[];
  readonly user: string;
  readonly database: string;
  readonly signal: AbortSignal;
}

const connectTimeoutMs = 150;
const roundMs = 20;

/**
 * What libpq does for several hosts with target_session_attrs=read-write, but asking all hosts at once and
 * again every 20 ms. Undefined when the signal aborts.
 */
export async function connectToWritable(search: WritableSearch): Promise<pg.Client | undefined> {
  while (!search.signal.aborted) {
    const began = performance.now();
    const client = await firstWritable(search);
    if (client !== undefined) return client;
    const left = roundMs - (performance.now() - began);
    if (left > 0) await sleep(left);
  }
  return undefined;
}

/** The first session that says it may write; all the others are closed as they come. */
function firstWritable(search: WritableSearch): Promise<pg.Client | undefined> {
  return new Promise((resolve) => {
    let open = search.endpoints.length;
    let isChosen = false;
    for (const endpoint of search.endpoints) {
      void openWritable(endpoint, search).then((client) => {
        open -= 1;
        if (client !== undefined && isChosen) void client.end().catch(() => undefined);
        else if (client !== undefined) {
          isChosen = true;
          resolve(client);
        } else if (open === 0) resolve(undefined);
      });
    }
  });
}

async function openWritable(endpoint: Endpoint, search: WritableSearch): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    ...endpoint,
    user: search.user,
    database: search.database,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
  });
  client.on('error', () => undefined); // seen by the next query
  try {
    await client.connect();
    const result = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
    if (result.rows[0]?.transaction_read_only === 'off') return client;
  } catch {
    // Refused, silent or starting up: not writable now, the next round asks again.
  }
  void client.end().catch(() => undefined);
  return undefined;
}
