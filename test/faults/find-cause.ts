import { readFileSync } from 'node:fs';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import type { TestCluster } from '../../lab/test-cluster.ts';

/** Where the daemons' logs ended when the fault struck. */
export type LogMarks = ReadonlyMap<ClusterNode, number>;

export function markLogs(cluster: TestCluster): LogMarks {
  return new Map(cluster.nodes.map((node) => [node, node.daemonLogBytes()]));
}

/**
 * The first thing that a daemon said since `marks` that names the cause: decisions (NOTICE with the rule),
 * warnings and errors, then the events that the cluster keeps. Undefined when nothing does.
 */
export async function findCause(
  cluster: TestCluster,
  options: { marks: LogMarks; sinceWallMs: number; cause: RegExp },
): Promise<string | undefined> {
  const { marks, sinceWallMs, cause } = options;
  const said = [...marks].flatMap(([node, bytes]) =>
    statementsSince(node, bytes).map((text) => `${node.name}: ${text}`),
  );
  const found = said.find((text) => cause.test(text));
  if (found !== undefined) return found;
  const events = await cluster.events();
  return events
    .filter((event) => event.at.getTime() >= sinceWallMs)
    .map((event) => `node${event.nodeId}: ${event.event}: ${event.details}`)
    .find((text) => cause.test(text));
}

function statementsSince(node: ClusterNode, bytes: number): string[] {
  const text = readFileSync(node.daemonLog).subarray(bytes).toString('utf8');
  const lines = text.matchAll(/^\[[^\]]+\] \[(?:NOTICE|WARNING|ERROR|ALERT|CRIT)\] (.*)$/gm);
  return [...lines].map((match) => match[1] ?? '');
}
