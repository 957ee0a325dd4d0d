import { describe, expect, it } from 'vitest';
import { playScene } from '../../lab/scene.ts';

describe('failover when cables are cut, as a client sees it', () => {
  it('never has two primaries when the primary is cut off from everybody', async () => {
    const report = await playScene({ network: 'namespaces' }, async (scene) => {
      const { cluster, writer, untilWritingAgain } = scene;
      const isolated = await cluster.waitForPrimary();
      const leaseMs = await cluster.leaseMs();
      const cutMs = performance.now();
      cluster.network?.isolate(isolated.id - 1);
      const winner = await cluster.waitForPrimary({ except: isolated });
      await untilWritingAgain(performance.now());
      expect(writer.outageSince(cutMs)).toBeLessThan(leaseMs + 4_000);
      cluster.network?.heal();
      await cluster.waitForStandbyStreaming(isolated, { primary: winner });
      await cluster.waitUntilHealthy();
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('fences a primary that clients still reach before another one is promoted', async () => {
    const intervalMs = 10;
    let leaseMs = 0;
    const report = await playScene({ network: 'namespaces' }, async (scene) => {
      const { cluster, writer, untilWritingAgain } = scene;
      const isolated = await cluster.waitForPrimary();
      leaseMs = await cluster.leaseMs();
      const cutMs = performance.now();
      cluster.network?.isolate(isolated.id - 1, { clients: false });
      const winner = await cluster.waitForPrimary({ except: isolated });
      await untilWritingAgain(performance.now());
      expect(writer.outageSince(cutMs)).toBeLessThan(leaseMs + 4_000);
      cluster.network?.heal();
      await cluster.waitForStandbyStreaming(isolated, { primary: winner });
      await cluster.waitUntilHealthy();
    });
    expect(report.doublePrimaryMs).toBe(0);
    // Without synchronous replication, what the old primary acknowledged while it was alone can't be kept.
    expect(report.lost.length).toBeLessThanOrEqual(leaseMs / intervalMs);
  });

  it('loses nothing of it under synchronous replication', async () => {
    const report = await playScene({ network: 'namespaces', synchronous: true }, async (scene) => {
      const { cluster, untilWritingAgain } = scene;
      const isolated = await cluster.waitForPrimary();
      cluster.network?.isolate(isolated.id - 1, { clients: false });
      const winner = await cluster.waitForPrimary({ except: isolated });
      await untilWritingAgain(performance.now());
      cluster.network?.heal();
      await cluster.waitForStandbyStreaming(isolated, { primary: winner });
      await cluster.waitUntilHealthy();
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });
});
