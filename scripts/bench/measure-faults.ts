import type { Scene } from '../../lab/scene.ts';

export interface FaultMeasurement {
  readonly crashOutageMs: number;
  readonly hostLossOutageMs: number;
  readonly rejoinMs: number;
}

/** One crash of PostgreSQL and one loss of the primary's host, each followed by a complete recovery. */
export async function measureFaults(scene: Scene): Promise<FaultMeasurement> {
  const crashOutageMs = await measureCrash(scene);
  return { crashOutageMs, ...(await measureHostLoss(scene)) };
}

async function measureCrash({ cluster, writer, untilWritingAgain }: Scene): Promise<number> {
  const primary = await cluster.waitForPrimary();
  const wallMs = Date.now();
  const killedMs = performance.now();
  primary.postgres.killPostmaster();
  const actions = ['repmgrd_crash_restart', 'repmgrd_failover_promote'];
  await cluster.waitForEvent(actions, { sinceMs: wallMs, timeoutMs: 60_000 });
  await cluster.waitUntilHealthy(60_000);
  await untilWritingAgain(performance.now());
  return writer.outageSince(killedMs);
}

async function measureHostLoss(scene: Scene): Promise<{ hostLossOutageMs: number; rejoinMs: number }> {
  const { cluster, writer, untilWritingAgain } = scene;
  const lost = await cluster.waitForPrimary();
  const killedMs = performance.now();
  await lost.killHost();
  const winner = await cluster.waitForPrimary({ except: lost, timeoutMs: 60_000 });
  await untilWritingAgain(performance.now());
  const hostLossOutageMs = writer.outageSince(killedMs);
  const startedMs = performance.now();
  lost.startDaemon();
  await cluster.waitForStandbyStreaming(lost, { primary: winner, timeoutMs: 120_000 });
  const rejoinMs = performance.now() - startedMs;
  await cluster.waitUntilHealthy(60_000);
  return { hostLossOutageMs, rejoinMs };
}
