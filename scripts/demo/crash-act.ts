import { duration } from './narrator.ts';
import { bookmark, countLost, nameOf, type Stage, showCluster, tellReasons, untilWriting } from './stage.ts';

export interface CrashResult {
  readonly outageMs: number;
  readonly acknowledgedRowsLost: number;
  readonly action: 'restart' | 'failover';
}

/** PostgreSQL on the primary is killed while its daemon lives. */
export async function playCrash(stage: Stage): Promise<CrashResult> {
  const { cluster, writer, narrator } = stage;
  narrator.heading('Act 1: PostgreSQL on the primary crashes');
  await showCluster(stage, 'Before:');
  const primary = await cluster.waitForPrimary();
  const pid = primary.postgres.postmasterPid();
  const before = bookmark(stage);
  const killedMs = performance.now();
  primary.postgres.killPostmaster('SIGKILL');
  narrator.say(`kill -9 ${pid}: the postmaster of ${nameOf(primary)} is gone.`);

  const actions = ['repmgrd_crash_restart', 'repmgrd_failover_promote'];
  const decision = await cluster.waitForEvent(actions, { sinceMs: before.wallMs, timeoutMs: 60_000 });
  await cluster.waitUntilHealthy(60_000);
  await untilWriting(stage);
  const outageMs = Math.round(writer.outageSince(killedMs));
  narrator.good(`The client writes again. Without an acknowledged write for ${duration(outageMs)}.`);
  await tellReasons(stage, before);
  await showCluster(stage, 'After:');
  const acknowledgedRowsLost = await countLost(stage);
  const action = decision.event === 'repmgrd_crash_restart' ? 'restart' : 'failover';
  return { outageMs, acknowledgedRowsLost, action };
}
