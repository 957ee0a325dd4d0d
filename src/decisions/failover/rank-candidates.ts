import type { NodeId } from '../../domain/node.ts';
import type { ProtocolStatus } from '../../domain/peer-messages.ts';
import type { WalPosition } from '../../domain/reign.ts';
import { isOpenServer } from './candidacy.ts';
import { comparePositions } from './position.ts';
import { ownPosition } from './status.ts';
import type { Transition } from './transition.ts';

export interface Candidate {
  readonly nodeId: NodeId;
  readonly position: WalPosition;
  readonly priority: number;
}

export function comesBefore(a: Candidate, b: Candidate): boolean {
  const byPosition = comparePositions(a.position, b.position);
  if (byPosition !== 0) return byPosition > 0;
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.nodeId < b.nodeId;
}

/**
 * How many promotable nodes come before this one: position, then priority, then the lower node id (§6.3). One that
 * is open already stays where it is unless another has more WAL.
 */
export function rankOf(transition: Transition, answered: readonly ProtocolStatus[]): number {
  const { state } = transition;
  const position = ownPosition(state);
  if (position === null) return answered.length;
  const self: Candidate = { nodeId: transition.self, position, priority: state.parameters.priority };
  const isBetter = isOpenServer(transition)
    ? (other: Candidate) => comparePositions(other.position, position) > 0
    : (other: Candidate) => comesBefore(other, self);
  return answered.filter(
    (status) =>
      status.isPromotable &&
      status.position !== null &&
      isBetter({ nodeId: status.nodeId, position: status.position, priority: status.priority }),
  ).length;
}
