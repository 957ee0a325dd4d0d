import { waitFor } from '../../lab/wait-for.ts';
import { duration } from './narrator.ts';
import { countLost, nameOf, type Stage, showCluster, tellEvents } from './stage.ts';

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
  const wallMs = Date.now();
  const killedMs = performance.now();
  primary.postgres.killPostmaster('SIGKILL');
  narrator.say(`kill -9 ${pid}: the postmaster of ${nameOf(primary)} is gone.`);

  await waitFor(() => writer.firstAcknowledgedAfter(killedMs + 50) !== undefined, {
    what: 'the client to write again',
    timeoutMs: 60_000,
    describe: () => cluster.describe(),
  });
  const decision = await waitFor(
    async () =>
      (await cluster.events()).find(
        (event) =>
          event.at.getTime() >= wallMs &&
          ['repmgrd_crash_restart', 'repmgrd_failover_promote'].includes(event.event),
      ),
    { what: 'the daemon to record what it did', timeoutMs: 30_000, describe: () => cluster.describe() },
  );
  await cluster.waitUntilHealthy(60_000);
  const outageMs = Math.round(writer.outageSince(killedMs));
  narrator.good(`The client writes again. Without an acknowledged write for ${duration(outageMs)}.`);
  await tellEvents(stage, wallMs);
  await showCluster(stage, 'After:');
  const acknowledgedRowsLost = await countLost(stage);
  const action = decision.event === 'repmgrd_crash_restart' ? 'restart' : 'failover';
  return { outageMs, acknowledgedRowsLost, action };
}
