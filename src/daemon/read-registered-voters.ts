import type { Voter } from '../domain/voting-configuration.ts';
import type { Connection } from '../ports/connection.ts';
import type { Node } from './node.ts';

/** Registered nodes with the addresses of their daemons; a node whose daemon was never announced is no voter. */
export async function readRegisteredVoters({ adapters }: Node, connection: Connection): Promise<Voter[]> {
  const [nodes, addresses] = [
    await adapters.metadata.nodes(connection),
    await adapters.metadata.daemonAddresses(connection),
  ];
  const byId = new Map(addresses.map((address) => [address.nodeId, address]));
  return nodes.flatMap((node) => {
    const address = byId.get(node.nodeId);
    if (address === undefined) return [];
    const { nodeId, nodeName, conninfo, replicationUser } = node;
    const { incarnation, host, port } = address;
    return [{ nodeId, nodeName, incarnation, host, port, conninfo, replicationUser }];
  });
}
