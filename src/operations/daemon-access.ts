import { effectiveApiAddress, effectiveStateDirectory } from '../config/effective-settings.ts';
import { ConfigurationError, ConnectionFailed } from '../domain/errors/repmgr-error.ts';
import type { DaemonStatus } from '../domain/peer-messages.ts';
import type { Connection } from '../ports/connection.ts';
import type { PeerAddress, PeerNetwork } from '../ports/peer-network.ts';
import type { OperationContext } from './operation-context.ts';

interface AccessContext {
  readonly adapters: OperationContext['adapters'];
  readonly settings: Pick<OperationContext['settings'], 'settings'>;
}

/** Name of the file in the state directory that keeps the cluster key for times without a database. */
export const clusterKeyFile = 'cluster-key';

/** Where the daemon of this node listens, according to repmgr.conf. */
export function localDaemonAddress({ settings }: Pick<OperationContext, 'settings'>): PeerAddress {
  return {
    host: effectiveApiAddress(settings.settings) ?? '127.0.0.1',
    port: settings.settings.api_port,
  };
}

/**
 * Opens signed requests to daemons, with the cluster key from the metadata or from the state directory.
 * @throws ConfigurationError when there is no key yet, ConnectionFailed when it can't be known without a database.
 */
export async function openPeerNetwork(
  { adapters, settings }: AccessContext,
  connection: Connection | undefined,
): Promise<PeerNetwork> {
  const key = await findClusterKey({ adapters, settings }, connection);
  if (key !== undefined) {
    return adapters.peerNetwork({ clusterKey: key, nodeId: settings.settings.node_id });
  }
  if (connection === undefined) {
    throw new ConnectionFailed(
      'no repmgrd can be asked, as this node has not stored the key of the cluster',
      {
        hint: 'start the database of this node, or run the command on another node',
      },
    );
  }
  throw new ConfigurationError('this cluster has no key yet by which the daemons know each other', {
    hint: 'run "repmgr primary register --force" on the primary; it makes one',
  });
}

async function findClusterKey(
  { adapters, settings }: AccessContext,
  connection: Connection | undefined,
): Promise<string | undefined> {
  const stored = connection === undefined ? undefined : await adapters.metadata.clusterKey(connection);
  if (stored !== undefined) return stored;
  const path = `${effectiveStateDirectory(settings.settings)}/${clusterKeyFile}`;
  return (await adapters.files.readText(path))?.trim();
}

export type DaemonAnswer =
  | { readonly kind: 'status'; readonly status: DaemonStatus }
  | { readonly kind: 'silent'; readonly reason: string };

/** Asks a daemon for its status. */
export async function askDaemon(
  network: PeerNetwork,
  address: PeerAddress,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<DaemonAnswer> {
  const reply = await network.request(address, 'status', {}, options);
  if (reply.kind === 'failed') return { kind: 'silent', reason: reply.message };
  if (isDaemonStatus(reply.body)) return { kind: 'status', status: reply.body };
  return { kind: 'silent', reason: `what ${address.host}:${address.port} answers is no status of repmgrd` };
}

function isDaemonStatus(body: unknown): body is DaemonStatus {
  if (typeof body !== 'object' || body === null) return false;
  const { nodeId, pid, paused, upstreamLastSeenSecs } = body as Record<string, unknown>;
  return (
    typeof nodeId === 'number' &&
    typeof pid === 'number' &&
    typeof paused === 'boolean' &&
    typeof upstreamLastSeenSecs === 'number'
  );
}
