import type { ClusterSnapshot, NodeSnapshot } from '../../../../src/decisions/outlook/cluster-snapshot.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { NodeId } from '../../../../src/domain/node.ts';
import type { DaemonStatus } from '../../../../src/domain/peer-messages.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import { daemonStatus } from '../../../fakes/fake-peers.ts';

export const id = (nodeId: number): NodeId => nodeId as NodeId;

export const at = (lsn: number, reignTerm = 3) => ({ reignTerm, lsn: BigInt(lsn) as Lsn });

export interface NodeChanges {
  /** End of its WAL; 1000 unless told. */
  readonly lsn?: number;
  readonly status?: Partial<DaemonStatus>;
  /** Neither daemon nor server answers. */
  readonly isSilent?: boolean;
  readonly node?: Partial<NodeSnapshot>;
}

/** A cluster of `count` nodes of which node 1 reigns in term 3, with everybody at LSN 1000; changes by node ID. */
export function snapshotOf(
  count: number,
  changes: Readonly<Record<number, NodeChanges>> = {},
  synchronous: ClusterSnapshot['synchronous'] = { count: 0, names: [] },
): ClusterSnapshot {
  const ids = Array.from({ length: count }, (_, index) => id(index + 1));
  return { nodes: ids.map((nodeId) => nodeSnapshot(nodeId, ids, changes[nodeId] ?? {})), synchronous };
}

function nodeSnapshot(nodeId: NodeId, voterIds: readonly NodeId[], changes: NodeChanges): NodeSnapshot {
  const { lsn = 1_000, status = {}, isSilent = false, node = {} } = changes;
  const isPrimary = nodeId === 1;
  const whole = daemonStatus({
    nodeId,
    term: 3,
    voterIds,
    configurationVersion: { term: 3, counter: 1 },
    role: isPrimary ? 'primary' : 'follower',
    phase: isPrimary ? 'writable' : null,
    primary: id(1),
    position: at(lsn),
    walEnd: { timeline: 2 as TimelineId, lsn: BigInt(lsn) as Lsn },
    leaseMs: 3_000,
    crashAction: 'auto',
    ...status,
  });
  return {
    nodeId,
    nodeName: `node${nodeId}`,
    isWitness: false,
    status: isSilent ? null : whole,
    silence: isSilent ? 'no answer in time' : null,
    server: isSilent ? null : isPrimary ? 'primary' : 'standby',
    ...node,
  };
}
