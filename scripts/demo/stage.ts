import type { ClusterNode } from '../../lab/cluster-node.ts';
import type { DoublePrimaryWatch } from '../../lab/double-primary-watch.ts';
import type { RecordedEvent, TestCluster } from '../../lab/test-cluster.ts';
import { waitFor } from '../../lab/wait-for.ts';
import type { WritingClient } from '../../lab/writing-client.ts';
import type { Narrator } from './narrator.ts';

/** Everything that an act of the demo plays with. */
export interface Stage {
  readonly cluster: TestCluster;
  readonly writer: WritingClient;
  readonly watch: DoublePrimaryWatch;
  readonly narrator: Narrator;
}

export async function showCluster(stage: Stage, sentence: string): Promise<void> {
  stage.narrator.say(sentence);
  stage.narrator.quote(await stage.cluster.clusterShow());
}

/** What the daemons wrote into repmgr.events since `sinceMs` (wall clock), as they put it. */
export async function tellEvents(stage: Stage, sinceMs: number): Promise<readonly RecordedEvent[]> {
  const events = (await stage.cluster.events()).filter((event) => event.at.getTime() >= sinceMs);
  const lines = events.map((event) => {
    const secs = ((event.at.getTime() - sinceMs) / 1000).toFixed(2);
    return `+${secs} s  node${event.nodeId}  ${event.event}: ${event.details}`;
  });
  if (lines.length > 0) {
    stage.narrator.say('What the daemons recorded (repmgr cluster event):');
    stage.narrator.quote(lines.join('\n'));
  }
  return events;
}

/** Until the client has been told of a row that it sends from now on. */
export async function untilWriting({ cluster, writer }: Stage): Promise<void> {
  const nowMs = performance.now();
  await waitFor(() => writer.firstAcknowledgedAfter(nowMs) !== undefined, {
    what: 'the client to write again',
    timeoutMs: 60_000,
    describe: () => cluster.describe(),
  });
}

/** Rows that were acknowledged and are not on the present primary. */
export async function countLost(stage: Stage): Promise<number> {
  const primary = await stage.cluster.waitForPrimary();
  const { lost } = await stage.writer.verify(primary.postgres);
  return lost.length;
}

/** Name and address, for people. */
export function nameOf(node: ClusterNode): string {
  return `${node.name} (${node.machine.address})`;
}
