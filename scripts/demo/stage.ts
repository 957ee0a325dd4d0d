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
  stage.narrator.quote(await stage.cluster.clusterShow(['--compact']));
}

/** A moment to tell from: wall clock, and how far each daemon's log has come. */
export interface Bookmark {
  readonly wallMs: number;
  readonly logBytes: ReadonlyMap<ClusterNode, number>;
}

export function bookmark({ cluster }: Stage): Bookmark {
  return {
    wallMs: Date.now(),
    logBytes: new Map(cluster.nodes.map((node) => [node, node.daemonLogBytes()])),
  };
}

/** What the daemons have decided since then and why, and the events they recorded, in their own words. */
export async function tellReasons(stage: Stage, since: Bookmark): Promise<readonly RecordedEvent[]> {
  const { cluster, narrator } = stage;
  const reasons = cluster.nodes.flatMap((node) =>
    node.daemonDecisionsSince(since.logBytes.get(node) ?? 0).map((text) => `${node.name}: ${text}`),
  );
  quoteUnder(narrator, 'Why, in the logs of the daemons:', reasons);
  const events = (await cluster.events()).filter((event) => event.at.getTime() >= since.wallMs);
  const lines = events.map((event) => {
    const secs = ((event.at.getTime() - since.wallMs) / 1000).toFixed(2);
    return `+${secs} s  ${event.event}: ${event.details}`;
  });
  quoteUnder(narrator, 'What they recorded (repmgr cluster event):', lines);
  return events;
}

function quoteUnder(narrator: Narrator, sentence: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  narrator.say(sentence);
  narrator.quote(lines.join('\n'));
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
