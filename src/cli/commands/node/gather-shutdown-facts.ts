import type { ShutdownFacts } from '../../../decisions/shutdown/judge-shutdown.ts';
import { ConnectionFailed } from '../../../domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../domain/node.ts';
import type { DaemonStatus } from '../../../domain/peer-messages.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { localDaemonAddress, openPeerNetwork } from '../../../operations/daemon-access.ts';
import { observeDaemons, statusesOf } from '../../../operations/observe-daemons.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { LocalServer } from '../../../ports/local-server.ts';
import type { DaemonAddress } from '../../../ports/metadata-store.ts';
import type { PeerNetwork } from '../../../ports/peer-network.ts';
import type { CommandContext } from '../../command.ts';

export interface ShutdownWorld {
  readonly facts: ShutdownFacts;
  /** Undefined where this node does not know the cluster key; to be closed by the caller. */
  readonly network: PeerNetwork | undefined;
  readonly addresses: readonly DaemonAddress[];
  /** Of the daemon of this node. */
  readonly daemon: DaemonStatus | undefined;
}

/** Observes what stopping PostgreSQL of this node would mean; changes nothing. */
export async function gatherShutdownFacts(
  context: CommandContext,
  localServer: LocalServer,
): Promise<ShutdownWorld> {
  const nodeId = context.settings.settings.node_id as NodeId;
  const isRunning = (await localServer.processState()).kind === 'running';
  const connection = isRunning ? await connectIfPossible(context) : undefined;
  try {
    const network = await openNetworkIfPossible(context, connection);
    const addresses = await addressesFrom(context, connection);
    const daemons = network === undefined ? [] : await observeDaemons(context, network, addresses);
    const statuses = statusesOf(daemons);
    const daemon = statuses.find((status) => status.nodeId === nodeId);
    const facts = {
      nodeId,
      isRunning,
      ...(await askServer(context, connection, nodeId)),
      daemon: daemon ?? null,
      others: statuses.filter((status) => status !== daemon),
    };
    return { facts, network, addresses, daemon };
  } finally {
    await connection?.close();
  }
}

async function connectIfPossible(context: CommandContext): Promise<Connection | undefined> {
  try {
    return await connectToLocal(context);
  } catch (error) {
    if (!(error instanceof ConnectionFailed) || context.signal.aborted) throw error;
    context.log.warning(error.message, { detail: error.detail });
    return undefined;
  }
}

async function openNetworkIfPossible(
  context: CommandContext,
  connection: Connection | undefined,
): Promise<PeerNetwork | undefined> {
  try {
    return await openPeerNetwork(context, connection);
  } catch (error) {
    context.log.warning('no repmgrd can be asked', {
      detail: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}

async function addressesFrom(
  context: CommandContext,
  connection: Connection | undefined,
): Promise<readonly DaemonAddress[]> {
  if (connection !== undefined) return context.adapters.metadata.daemonAddresses(connection);
  const nodeId = context.settings.settings.node_id as NodeId;
  return [{ nodeId, incarnation: '', ...localDaemonAddress(context) }];
}

async function askServer(
  { adapters }: CommandContext,
  connection: Connection | undefined,
  nodeId: NodeId,
): Promise<Pick<ShutdownFacts, 'recoveryState' | 'type' | 'attached'>> {
  if (connection === undefined) return { recoveryState: null, type: null, attached: [] };
  const [recoveryState, record, rows] = await Promise.all([
    adapters.inspector.recoveryState(connection),
    adapters.metadata.node(connection, nodeId),
    adapters.inspector.replicationRows(connection),
  ]);
  const attached = rows
    .filter(({ state }) => state === 'streaming')
    .map(({ applicationName }) => applicationName);
  return { recoveryState, type: record?.type ?? null, attached };
}
