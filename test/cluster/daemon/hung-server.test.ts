import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { PostgresInstance } from '../../../lab/postgres-instance.ts';
import { playScene } from '../../../lab/scene.ts';
import { waitFor } from '../../../lab/wait-for.ts';

/** A look is due each second or so and has half of one; killing, token and promotion follow the time itself. */
const slackMs = 4_000;

/** Clients that take every connection of a server, also those that others have had. */
class Crowd {
  readonly #server: PostgresInstance;
  readonly #clients: pg.Client[] = [];

  constructor(server: PostgresInstance) {
    this.#server = server;
  }

  /** Ends the sessions of everybody else, and is quicker than they are to come back. */
  async takeAll(): Promise<void> {
    const first = await this.join();
    if (first === undefined) throw new Error('no connection is to be had');
    const untilMs = performance.now() + 10_000;
    for (;;) {
      const joined = await Promise.all(Array.from({ length: 10 }, () => this.join()));
      if (joined.some((client) => client !== undefined)) continue;
      const others = await first.query(
        `SELECT count(pg_terminate_backend(pid))::int AS ended FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND application_name <> 'crowd'`,
      );
      if (others.rows[0].ended === 0) return;
      if (performance.now() > untilMs) throw new Error('others keep their connections');
    }
  }

  leave(): void {
    for (const client of this.#clients) void client.end();
  }

  private async join(): Promise<pg.Client | undefined> {
    const { host, port } = this.#server;
    const client = new pg.Client({
      host,
      port,
      user: 'postgres',
      database: 'postgres',
      application_name: 'crowd',
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      if ((error as { code?: string }).code === '53300') return undefined;
      throw error;
    }
    this.#clients.push(client);
    return client;
  }
}

describe('a primary whose PostgreSQL hangs', () => {
  it('is replaced when it has been silent for a lease, and comes back by itself', async () => {
    const report = await playScene({ synchronous: true }, async (scene) => {
      const { cluster, writer, untilWritingAgain, watchQuietly } = scene;
      const hung = await cluster.waitForPrimary();
      const leaseMs = await cluster.leaseMs();
      const pids = hung.postgres.processes();
      const stoppedMs = performance.now();
      const sinceBytes = hung.daemonLogBytes();
      hung.postgres.signalAll('SIGSTOP');
      const winner = await cluster.waitForPrimary({ except: hung });
      await untilWritingAgain(performance.now());
      const outageMs = writer.outageSince(stoppedMs);
      console.log(`PostgreSQL hung: ${Math.round(outageMs)} ms`);
      expect(outageMs).toBeGreaterThan(leaseMs - 500);
      expect(outageMs).toBeLessThan(leaseMs + slackMs);
      expect(hung.daemonDecisionsSince(sinceBytes).join()).toMatch(/PostgreSQL hangs: .*handover: /);
      // Whatever was stopped is dead: to wake it changes nothing.
      const left = hung.postgres.processes().filter((pid) => pids.includes(pid));
      expect(left).toEqual([]);
      hung.postgres.signalAll('SIGCONT');
      await cluster.waitForStandbyStreaming(hung, { primary: winner });
      expect(await cluster.waitUntilHealthy()).toBe(winner);
      await watchQuietly(leaseMs);
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('is left alone when it goes on in time, and while clients take every connection', async () => {
    const settings = { max_connections: '14', superuser_reserved_connections: '0' };
    const report = await playScene({ postgresSettings: settings }, async (scene) => {
      const { cluster, watchQuietly } = scene;
      const primary = await cluster.waitForPrimary();
      const leaseMs = await cluster.leaseMs();
      primary.postgres.signalAll('SIGSTOP');
      await watchQuietly(leaseMs - 1_000);
      primary.postgres.signalAll('SIGCONT');
      await watchQuietly(leaseMs);
      expect(await cluster.waitUntilHealthy()).toBe(primary);
      const sinceBytes = primary.daemonLogBytes();
      const crowd = new Crowd(primary.postgres);
      try {
        await crowd.takeAll();
        await waitFor(() => /runs, but cannot be asked/.test(primary.daemonLogTail(200)), {
          what: 'the daemon to be refused',
          timeoutMs: 10_000,
          describe: () => cluster.describe(),
        });
        await watchQuietly(3 * leaseMs);
        expect(primary.daemonDecisionsSince(sinceBytes).join()).not.toMatch(/hangs|crashed|fencing/);
      } finally {
        crowd.leave();
      }
      expect(await cluster.waitUntilHealthy()).toBe(primary);
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });
});
