import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonStatus } from '../src/domain/peer-messages.ts';
import { askDaemon, clusterKeyFile } from '../src/operations/daemon-access.ts';
import { createPeerNetwork } from '../src/peers/peer-client.ts';
import type { ClusterNode } from './cluster-node.ts';

/** What each daemon says of itself, in the order of `nodes`; undefined where none answers. */
async function daemonStatuses(nodes: readonly ClusterNode[]): Promise<readonly (DaemonStatus | undefined)[]> {
  const key = clusterKeyOf(nodes[0]);
  if (key === undefined) return nodes.map(() => undefined);
  // Node ids begin with 1, so 0 is nobody's.
  const network = createPeerNetwork({ clusterKey: key, nodeId: 0 });
  try {
    return await Promise.all(
      nodes.map(async (node) => {
        const address = { host: node.machine.address, port: node.apiPort };
        const options = { timeoutMs: 1_000, signal: new AbortController().signal };
        const answer = await askDaemon(network, address, options);
        return answer.kind === 'status' ? answer.status : undefined;
      }),
    );
  } finally {
    await network.close();
  }
}

/**
 * Why a failover would not go as it should just now: voters missing from the configuration, daemons that don't
 * answer or aren't bound to `primary`. Undefined when all is well.
 */
export async function protocolObstacle(
  nodes: readonly ClusterNode[],
  primary: ClusterNode,
): Promise<string | undefined> {
  const statuses = await daemonStatuses(nodes);
  const leading = statuses[nodes.indexOf(primary)];
  if (leading?.role !== 'primary' || leading.phase !== 'writable') {
    return `${primary.name}: the daemon is ${leading?.role ?? 'silent'}, ${leading?.explanation ?? ''}`;
  }
  const missing = nodes.filter((node) => !leading.voterIds.some((id) => id === node.id));
  if (missing.length > 0) return `not voters yet: ${missing.map((node) => node.name).join(', ')}`;
  const version = JSON.stringify(leading.configurationVersion);
  for (const [index, node] of nodes.entries()) {
    const status = statuses[index];
    if (status === undefined) return `${node.name}: the daemon is silent`;
    if (JSON.stringify(status.configurationVersion) !== version) return `${node.name}: older configuration`;
    if (node !== primary && (status.role !== 'follower' || status.leaseHolder !== primary.id)) {
      return `${node.name}: ${status.role}, not bound to ${primary.name}: ${status.explanation}`;
    }
  }
  return undefined;
}

function clusterKeyOf(node: ClusterNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  try {
    return readFileSync(join(`${node.postgres.dataDirectory}.repmgr`, clusterKeyFile), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
