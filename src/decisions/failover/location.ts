import type { NodeId } from '../../domain/node.ts';
import type { ProtocolStatus } from '../../domain/peer-messages.ts';
import { majorityOf } from './quorum.ts';
import type { Transition } from './transition.ts';

/** What repmgr.nodes says where nobody has named a place. */
export const defaultLocation = 'default';

/**
 * Why a node in location `own` may not be elected after a primary in location `former`, given where the voters that
 * answer are, itself among them: elsewhere only a majority makes it right (failover.md §6). Null when it may.
 */
export function judgeLocation(own: string, former: string, answering: readonly string[]): string | null {
  const there = answering.filter((location) => location === own).length;
  if (own === former || there >= majorityOf(answering.length)) return null;
  const count = `${there} of the ${answering.length} voters that answer`;
  return `its location is "${own}", that of the last primary "${former}", and only ${count} are in "${own}"`;
}

/** The same of a voter in an election of this node's; null also when nobody knows where the last primary stood. */
export function whyWrongLocation(
  transition: Transition,
  answered: readonly ProtocolStatus[],
  nodeId: NodeId = transition.self,
): string | null {
  const locationOf = (id: NodeId): string | null => {
    const voter = transition.voter(id);
    return voter === undefined ? null : (voter.location ?? defaultLocation);
  };
  const lastPrimary = transition.state.durable.reigns.at(-1)?.nodeId;
  const former = lastPrimary === undefined ? null : locationOf(lastPrimary);
  const own = locationOf(nodeId);
  if (former === null || own === null) return null;
  const heard = [transition.self, ...answered.map((status) => status.nodeId)];
  return judgeLocation(
    own,
    former,
    heard.flatMap((id) => locationOf(id) ?? []),
  );
}
