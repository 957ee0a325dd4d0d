import type { CoreState } from '../decisions/failover/state.ts';
import type { Connection } from '../ports/connection.ts';
import { messageOf, type Node } from './node.ts';
import type { EventDestination } from './record-cluster-events.ts';

/** Where an event can be written just now. `connection` is the open one to the local server. */
export async function findEventDestination(
  node: Node,
  state: CoreState,
  connection: Connection | undefined,
): Promise<EventDestination> {
  if (state.server.recoveryState === 'primary' && connection !== undefined)
    return { kind: 'open', connection };
  // Just (re)started: the watch has not connected yet, but it is the one to write to.
  if (state.reign?.phase === 'writable')
    return { kind: 'conninfo', conninfo: node.settings.settings.conninfo };
  const primaryId = state.primary?.nodeId;
  const voter = state.durable.configuration?.voters.find((candidate) => candidate.nodeId === primaryId);
  if (voter !== undefined && voter.nodeId !== node.nodeId)
    return { kind: 'conninfo', conninfo: voter.conninfo };
  return primaryId === undefined && connection !== undefined
    ? recordedDestination(node, connection)
    : { kind: 'nowhere' };
}

/** Before the first heartbeat the metadata tells who should be the primary. */
async function recordedDestination(node: Node, connection: Connection): Promise<EventDestination> {
  try {
    const primary = await node.adapters.metadata.recordedPrimary(connection);
    const isOther = primary !== undefined && primary.nodeId !== node.nodeId;
    return isOther ? { kind: 'conninfo', conninfo: primary.conninfo } : { kind: 'nowhere' };
  } catch (error) {
    node.log.debug('the metadata could not be read', { detail: messageOf(error) });
    return { kind: 'nowhere' };
  }
}
