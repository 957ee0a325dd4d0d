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
      const asker = cluster.nodes.find((node) => node !== lost) ?? cluster.node(2);
      const prediction = await waitFor(
        async () => {
          const json = await mustExplain(asker, ['whatif', `--down=${lost.name}`, '--json']);
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

      const wallMs = Date.now();
      await lost.killHost();
      const winner = await cluster.waitForPrimary({ except: lost });
      await cluster.waitForEvent(['repmgrd_failover_promote'], { nodeId: winner.id, sinceMs: wallMs });
      expect(winner.id).toBe(prediction.outcome.winner);

      const at = new Date(wallMs).toISOString();
      const told = await mustExplain(winner, ['explain', `--at=${at}`]);
      expect(told).toContain(`${lost.name} has been silent for a lease`);
      expect(told).toMatch(new RegExp(`${winner.name} +decided +elected in term`));
      expect(told).toContain(`What ${lost.name} decided is known by recorded events only`);
      expect(told).toContain('Can lose no node');
    });
  });

  it('names the crash as the cause of what followed, also where the local database is down', async () => {
    await playScene({}, async ({ cluster }) => {
      const primary = await cluster.waitForPrimary();
      const wallMs = Date.now();
      primary.postgres.killPostmaster();
      await cluster.waitForEvent(['repmgrd_crash_restart', 'repmgrd_failover_promote'], { sinceMs: wallMs });
      const reigning = await cluster.waitUntilHealthy();
      const told = await mustExplain(reigning, ['explain', `--at=${new Date(wallMs).toISOString()}`]);
      expect(told).toMatch(
        new RegExp(
          `In short: At [0-9:]+ ${primary.name} saw: PostgreSQL has crashed\\. .*(chose to|was elected)`,
        ),
      );
      const standby = cluster.nodes.find((node) => node !== reigning) ?? cluster.node(3);
      await standby.postgres.stop('fast');
      const without = await mustExplain(standby, ['explain']);
      expect(without).toContain('The database of this node does not answer');
      expect(without).toContain(`${reigning.name} (ID: ${reigning.id}): primary in term`);
    });
  });
});
