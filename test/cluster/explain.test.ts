import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import { playScene } from '../../lab/scene.ts';
import { waitFor } from '../../lab/wait-for.ts';

const mustExplain = (node: ClusterNode, args: readonly string[]): Promise<string> =>
  node.mustRepmgr(['cluster', ...args]);

describe('saying why', () => {
  it('predicts who is promoted when the host of the primary is lost, and tells it afterwards', async () => {
    await playScene({ synchronous: true }, async ({ cluster }) => {
      const lost = await cluster.waitForPrimary();
      const witness = cluster.nodes.find((node) => node !== lost) ?? cluster.node(2);
      // A statistic of the last commit may still be on its way to one of the standbys.
      const prediction = await waitFor(
        async () => {
          const json = await mustExplain(witness, ['whatif', `--down=${lost.name}`, '--json']);
          const { outcome, now } = JSON.parse(json) as {
            outcome: { kind: string; winner: number; loss: { bytes: string; isExcluded: boolean } };
            now: { health: string; canLose: number; sentence: string };
          };
          return now.health === 'healthy' && outcome.kind === 'promoted' ? { outcome, now } : undefined;
        },
        { what: 'a healthy verdict', timeoutMs: 20_000, intervalMs: 200, describe: () => cluster.describe() },
      );
      expect(prediction.now.sentence).toMatch(/^Healthy\. Can lose 1 node\. A failover now would go to /);
      expect(prediction.outcome.loss).toEqual({ bytes: '0', isExcluded: true });
      process.stdout.write(await mustExplain(witness, ['whatif', `--down=${lost.name}`]));
      process.stdout.write(await mustExplain(witness, ['explain']));

      const wallMs = Date.now();
      await lost.killHost();
      const winner = await cluster.waitForPrimary({ except: lost });
      await cluster.waitForEvent(['repmgrd_failover_promote'], { nodeId: winner.id, sinceMs: wallMs });
      expect(winner.id).toBe(prediction.outcome.winner);

      const at = new Date(wallMs).toISOString();
      const told = await mustExplain(winner, ['explain', `--at=${at}`]);
      process.stdout.write(told);
      expect(told).toContain(`${lost.name} has been silent for a lease`);
      expect(told).toMatch(new RegExp(`${winner.name} +decided +elected in term`));
      expect(told).toContain(`repmgrd of ${lost.name} could not be asked`);
      expect(told).toContain('Can lose no node');
      process.stdout.write(await mustExplain(winner, ['whatif', `--down=${lost.name}`]));
    });
  });

  it('names the crash as the cause of a hand-over, also where the local database is down', async () => {
    await playScene({}, async ({ cluster }) => {
      const primary = await cluster.waitForPrimary();
      const wallMs = Date.now();
      await primary.postgres.stop('fast');
      const winner = await cluster.waitForPrimary({ except: primary });
      await cluster.waitUntilHealthy();
      const at = new Date(wallMs + 1_000).toISOString();
      const told = await mustExplain(winner, ['explain', `--at=${at}`]);
      process.stdout.write(told);
      expect(told).toContain('In short: PostgreSQL was shut down');
      expect(told).toContain('handover: the server was shut down and a standby has all of its WAL');
      await cluster.node(3).postgres.stop('fast');
      const without = await mustExplain(cluster.node(3), ['explain']);
      process.stdout.write(without);
      expect(without).toContain('The database of this node does not answer');
      expect(without).toContain('node3');
    });
  });
});
