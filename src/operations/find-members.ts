import { effectiveStateDirectory } from '../config/effective-settings.ts';
import { defaultLocation } from '../decisions/failover/location.ts';
import { ConnectionFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeId } from '../domain/node.ts';
import type { PeerAddress } from '../ports/peer-network.ts';
import { connectToLocal } from './connect-to-local.ts';
import { openPeerNetwork } from './daemon-access.ts';
import type { OperationContext } from './operation-context.ts';

type MembersContext = Pick<OperationContext, 'adapters' | 'settings' | 'signal'>;

export interface Member {
  readonly nodeId: NodeId;
  readonly nodeName: string;
  readonly isWitness: boolean;
  readonly location: string;
  readonly conninfo: string;
  /** Of its daemon; null when it has told none. */
  readonly address: PeerAddress | null;
}

export interface Members {
  readonly members: readonly Member[];
  /** Null: asked of the database. Else why that could not be; then they are those this node's daemon remembers. */
  readonly databaseFailure: string | null;
  readonly network: Awaited<ReturnType<typeof openPeerNetwork>>;
}

/**
 * The nodes of the cluster and the way to their daemons: from the database of this node, or, while that is down, from
 * what its daemon remembers. The caller closes the network.
 * @throws ConnectionFailed when neither can be read, ConfigurationError without a cluster key.
 */
export async function findMembers(context: MembersContext): Promise<Members> {
  const connection = await connectToLocal(context).catch((error: unknown) => {
    if (error instanceof ConnectionFailed) return error;
    throw error;
  });
  if (connection instanceof ConnectionFailed) {
    const members = await readRemembered(context);
    if (members.length === 0) throw connection;
    const network = await openPeerNetwork(context, undefined);
    return { members, databaseFailure: connection.detail ?? connection.message, network };
  }
  try {
    const { metadata } = context.adapters;
    const nodes = await metadata.nodes(connection);
    const addresses = await metadata.daemonAddresses(connection);
    const members = nodes.map(({ nodeId, nodeName, type, conninfo, location }) => {
      const found = addresses.find((address) => address.nodeId === nodeId);
      const address = found === undefined ? null : { host: found.host, port: found.port };
      return { nodeId, nodeName, isWitness: type === 'witness', location, conninfo, address };
    });
    return { members, databaseFailure: null, network: await openPeerNetwork(context, connection) };
  } finally {
    await connection.close();
  }
}

/** The voters in the state file of this node's daemon; empty when there is none. */
async function readRemembered({ adapters, settings }: MembersContext): Promise<readonly Member[]> {
  const path = `${effectiveStateDirectory(settings.settings)}/voter-state.json`;
  const text = await adapters.files.readText(path);
  if (text === undefined) return [];
  const { configuration } = asRecord(parse(text));
  const { voters } = asRecord(configuration);
  return Array.isArray(voters) ? voters.flatMap(asMember) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The daemon says what is wrong with its file; here it only means that there is nothing to go by.
    return undefined;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asMember(voter: unknown): Member[] {
  const { nodeId, nodeName, host, port, conninfo, location } = asRecord(voter);
  if (typeof nodeId !== 'number' || typeof nodeName !== 'string' || typeof conninfo !== 'string') return [];
  const address = typeof host === 'string' && typeof port === 'number' ? { host, port } : null;
  const place = typeof location === 'string' ? location : defaultLocation;
  return [{ nodeId: nodeId as NodeId, nodeName, isWitness: false, location: place, conninfo, address }];
}
