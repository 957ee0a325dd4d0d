import type { CoreState } from '../decisions/failover/state.ts';
import type { Voter } from '../domain/voting-configuration.ts';
import type { Connection } from '../ports/connection.ts';
import { messageOf, type Node } from './node.ts';
import type { EventDestination } from './record-cluster-events.ts';

/**
 * Where an event can be written just now. `connection` is the open one to the local server, which counts only as
 * long as no other primary is known: what is written to a fenced one gets lost.
 */
export async function findEventDestination(
  node: Node,
  state: CoreState,
  connection: Connection | undefined,
): Promise<EventDestination> {
  const primary = state.reign === null ? latestOther(node, state) : undefined;
  if (primary !== undefined) return { kind: 'conninfo', conninfo: primary.conninfo };
  if (state.server.recoveryState === 'primary' && connection !== undefined)
    return { kind: 'open', connection };
  // Just (re)started: the watch has not connected yet, but it is the one to write to.
  if (state.reign?.phase === 'writable')
    return { kind: 'conninfo', conninfo: node.settings.settings.conninfo };
  return state.primary === null && connection !== undefined
    ? recordedDestination(node, connection)
    : { kind: 'nowhere' };
}

/** The primary that was heard, or whose reign is known to be newer than any of this node. */
function latestOther(node: Node, { primary, durable }: CoreState): Voter | undefined {
  const nodeId = primary?.nodeId ?? durable.reigns.at(-1)?.nodeId;
  if (nodeId === node.nodeId) return undefined;
  return durable.configuration?.voters.find((voter) => voter.nodeId === nodeId);
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
