import type { RecordedEvent } from '../../lab/test-cluster.ts';
import { duration } from './narrator.ts';
import { bookmark, countLost, nameOf, type Stage, showCluster, tellReasons, untilWriting } from './stage.ts';

export interface HostLossResult {
  readonly leaseMs: number;
  readonly outageMs: number;
  readonly acknowledgedRowsLost: number;
  readonly newPrimary: string;
  readonly rejoinedInMs: number;
  readonly rejoinMethod: 'stream' | 'rewind' | 'reclone';
}

/** Everything on the primary's host is killed at once; later its daemon is started again, nothing else. */
export async function playHostLoss(stage: Stage, leaseMs: number): Promise<HostLossResult> {
  const { cluster, writer, narrator } = stage;
  narrator.heading("Act 2: the primary's whole host is lost");
  const lost = await cluster.waitForPrimary();
  const before = bookmark(stage);
  const killedMs = performance.now();
  await lost.killHost();
  narrator.say(`kill -9 to everything on ${nameOf(lost)}: PostgreSQL, repmgrd and its helpers.`);
  narrator.say(
    `The others can't tell dead from cut off, so they wait out the lease of ${duration(leaseMs)} that the ` +
      'primary may still hold.',
  );

  const winner = await cluster.waitForPrimary({ except: lost, timeoutMs: 60_000 });
  await untilWriting(stage);
  const outageMs = Math.round(writer.outageSince(killedMs));
  narrator.good(`${nameOf(winner)} is primary. Without an acknowledged write for ${duration(outageMs)}.`);
  await tellReasons(stage, before);
  await showCluster(stage, 'With one node missing:');

  narrator.say(`${nameOf(lost)} is switched on again: its repmgrd starts, nobody types anything.`);
  const absent = bookmark(stage);
  const restartedMs = performance.now();
  lost.startDaemon();
  await cluster.waitForStandbyStreaming(lost, { primary: winner, timeoutMs: 120_000 });
  const rejoinedInMs = Math.round(performance.now() - restartedMs);
  await cluster.waitForEvent(['node_rejoin'], { sinceMs: absent.wallMs, nodeId: lost.id });
  narrator.good(`It streams from ${winner.name} after ${duration(rejoinedInMs)}.`);
  const events = await tellReasons(stage, absent);
  await cluster.waitUntilHealthy(60_000);
  await showCluster(stage, 'After:');
  return {
    leaseMs,
    outageMs,
    acknowledgedRowsLost: await countLost(stage),
    newPrimary: winner.name,
    rejoinedInMs,
    rejoinMethod: rejoinMethodIn(events),
  };
}

/** Taken from what the daemon recorded: the events of a re-clone, or the words of the rejoin. */
function rejoinMethodIn(events: readonly RecordedEvent[]): HostLossResult['rejoinMethod'] {
  if (events.some(({ event, successful }) => event === 'repmgrd_reclone' && successful)) return 'reclone';
  const rejoin = events.findLast(({ event, successful }) => event === 'node_rejoin' && successful);
  return rejoin?.details.includes('rewound') === true ? 'rewind' : 'stream';
}
