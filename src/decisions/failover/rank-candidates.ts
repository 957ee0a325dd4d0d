import type { Alternative } from '../../domain/decision-record.ts';
import type { NodeId } from '../../domain/node.ts';
import type { ProtocolStatus } from '../../domain/peer-messages.ts';
import type { WalPosition } from '../../domain/reign.ts';
import { isOpenServer } from './candidacy.ts';
import { whyWrongLocation } from './location.ts';
import { comparePositions } from './position.ts';
import type { Campaign } from './state.ts';
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

/** Why a node that answered with this status stands behind `best`; the rules are those of `comesBefore`. */
export function whyNotFirst(
  status: Pick<ProtocolStatus, 'nodeId' | 'position' | 'priority' | 'isPromotable' | 'notPromotableReason'>,
  best: Candidate,
): string {
  const { position, priority } = status;
  if (!status.isPromotable) return status.notPromotableReason ?? 'it may not be promoted';
  if (position === null) return 'the end of its WAL is not known';
  if (position.reignTerm < best.position.reignTerm)
    return `its WAL ends in term ${position.reignTerm}, that of node ${best.nodeId} in term ${best.position.reignTerm}`;
  if (comparePositions(position, best.position) < 0)
    return `it lacks ${best.position.lsn - position.lsn} bytes of WAL that node ${best.nodeId} has`;
  if (priority < best.priority)
    return `its priority is ${priority}, that of node ${best.nodeId} ${best.priority}`;
  return `its WAL and its priority are those of node ${best.nodeId}, whose ID is lower`;
}

/** What became of the other voters in an election that this node won. */
export function othersPassedOver(transition: Transition, campaign: Campaign): readonly Alternative[] {
  const { state } = transition;
  const position = ownPosition(state);
  if (campaign.token !== null || position === null) return [];
  const best: Candidate = { nodeId: transition.self, position, priority: state.parameters.priority };
  const answered = Object.values(campaign.statuses).flatMap((status) => status ?? []);
  return transition.otherVoters.map(({ nodeId }) => {
    const status = campaign.statuses[nodeId] ?? null;
    const whyNot =
      status === null
        ? 'it did not answer'
        : (whyWrongLocation(transition, answered, nodeId) ?? whyNotFirst(status, best));
    return { action: `elect node ${nodeId}`, whyNot };
  });
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
      whyWrongLocation(transition, answered, status.nodeId) === null &&
      isBetter({ nodeId: status.nodeId, position: status.position, priority: status.priority }),
  ).length;
}
