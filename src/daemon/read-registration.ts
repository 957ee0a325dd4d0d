import type { NodeRecord } from '../domain/node.ts';
import type { Voter } from '../domain/voting-configuration.ts';
import type { Connection } from '../ports/connection.ts';
import type { Node } from './node.ts';

/** What the metadata says of the cluster. */
export interface Registration {
  readonly nodes: readonly NodeRecord[];
  /** Nodes whose daemon was announced; the others are no voters. */
  readonly voters: readonly Voter[];
  readonly own: NodeRecord | undefined;
}

export async function readRegistration(
  { adapters, nodeId: ownId }: Node,
  connection: Connection,
): Promise<Registration> {
  const nodes = await adapters.metadata.nodes(connection);
  const addresses = await adapters.metadata.daemonAddresses(connection);
  const byId = new Map(addresses.map((address) => [address.nodeId, address]));
  const voters = nodes.flatMap((node) => {
    const address = byId.get(node.nodeId);
    if (address === undefined) return [];
    const { nodeId, nodeName, conninfo, replicationUser, location } = node;
    const { incarnation, host, port } = address;
    return [{ nodeId, nodeName, incarnation, host, port, conninfo, replicationUser, location }];
  });
  return { nodes, voters, own: nodes.find((node) => node.nodeId === ownId) };
}
