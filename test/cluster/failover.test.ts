import { describe, expect, it } from 'vitest';
import { playScene } from '../../lab/scene.ts';

// Times are bounds for a busy machine with two cores; `npm run bench` measures what is usual.
describe('failover, as a client sees it', () => {
  it('survives a crash of PostgreSQL while the daemon lives', async () => {
    const report = await playScene({ synchronous: true }, async ({ cluster, writer, untilWritingAgain }) => {
      const primary = await cluster.waitForPrimary();
      const wallMs = Date.now();
      const killedMs = performance.now();
      primary.postgres.killPostmaster();
      await cluster.waitForEvent(['repmgrd_crash_restart', 'repmgrd_failover_promote'], { sinceMs: wallMs });
      await cluster.waitUntilHealthy();
      await untilWritingAgain(performance.now());
      // Crash recovery first synchronizes the whole data directory, which takes seconds on a busy disk.
      expect(writer.outageSince(killedMs)).toBeLessThan(10_000);
      const actions = (await cluster.events())
        .filter((event) => event.at.getTime() >= wallMs && event.successful)
        .map((event) => event.event);
      const restarted = actions.includes('repmgrd_crash_restart');
      const handedOver = actions.includes('repmgrd_failover_promote');
      expect([restarted, handedOver].filter(Boolean)).toHaveLength(1);
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('survives the loss of the host of the primary, which comes back as a standby by itself', async () => {
    const report = await playScene({ synchronous: true }, async ({ cluster, writer, untilWritingAgain }) => {
      const lost = await cluster.waitForPrimary();
      const leaseMs = await cluster.leaseMs();
      const killedMs = performance.now();
      await lost.killHost();
      const winner = await cluster.waitForPrimary({ except: lost });
      await untilWritingAgain(performance.now());
      expect(writer.outageSince(killedMs)).toBeLessThan(leaseMs + 4_000);
      await cluster.waitForEvent(['repmgrd_failover_promote'], { nodeId: winner.id });
      lost.startDaemon();
      await cluster.waitForStandbyStreaming(lost, { primary: winner });
      await cluster.waitForEvent(['node_rejoin'], { nodeId: lost.id });
      await cluster.waitUntilHealthy();
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('starts PostgreSQL again in place where that is asked for', async () => {
    const settings = { primary_crash_action: 'restart' };
    const report = await playScene({ settings }, async ({ cluster }) => {
      const primary = await cluster.waitForPrimary();
      const wallMs = Date.now();
      primary.postgres.killPostmaster();
      await cluster.waitForEvent(['repmgrd_crash_restart'], { sinceMs: wallMs, nodeId: primary.id });
      expect((await cluster.waitUntilHealthy()).name).toBe(primary.name);
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('loses at most what was on its way when replication is asynchronous', async () => {
    const report = await playScene({}, async ({ cluster }) => {
      const lost = await cluster.waitForPrimary();
      await lost.killHost();
      await cluster.waitForPrimary({ except: lost });
      lost.startDaemon();
      await cluster.waitUntilHealthy(60_000);
    });
    expect(report.doublePrimaryMs).toBe(0);
    // A hundred rows a second: a tenth of a second of them may not have left the lost host.
    expect(report.lost.length).toBeLessThanOrEqual(10);
  });

  it('leaves a healthy primary alone when only its daemon dies', async () => {
    const report = await playScene({}, async ({ cluster, writer, watchQuietly }) => {
      const primary = await cluster.waitForPrimary();
      const killedMs = performance.now();
      await primary.killDaemon();
      await watchQuietly(2 * (await cluster.leaseMs()));
      expect((await cluster.waitForPrimary()).name).toBe(primary.name);
      primary.startDaemon();
      await cluster.waitUntilHealthy();
      await watchQuietly(await cluster.leaseMs());
      expect((await cluster.waitForPrimary()).name).toBe(primary.name);
      expect(writer.outageSince(killedMs)).toBeLessThan(1_000);
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('hands over without loss when the operator stops PostgreSQL', async () => {
    const report = await playScene({}, async ({ cluster, writer, untilWritingAgain }) => {
      const primary = await cluster.waitForPrimary();
      const stoppedMs = performance.now();
      await primary.postgres.stop('fast');
      const winner = await cluster.waitForPrimary({ except: primary });
      await untilWritingAgain(performance.now());
      expect(writer.outageSince(stoppedMs)).toBeLessThan(4_000);
      await cluster.waitForStandbyStreaming(primary, { primary: winner });
      await cluster.waitUntilHealthy();
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('goes on writing when the host of a standby is lost, and takes it back', async () => {
    const report = await playScene({}, async ({ cluster, writer, watchQuietly }) => {
      const primary = await cluster.waitForPrimary();
      const standby = cluster.node(3);
      const killedMs = performance.now();
      await standby.killHost();
      await watchQuietly(await cluster.leaseMs());
      expect(writer.outageSince(killedMs)).toBeLessThan(1_000);
      // A standby's PostgreSQL is its service manager's to start; the daemon may find it stopped on purpose.
      await standby.restartHost({ postgres: true });
      await cluster.waitForStandbyStreaming(standby, { primary });
      await cluster.waitUntilHealthy();
      expect((await cluster.waitForPrimary()).name).toBe(primary.name);
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });
});
