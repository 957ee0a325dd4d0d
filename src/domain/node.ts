/** Identifier of a node, `node_id` in repmgr.conf; 1 or more, unique in the cluster. */
export type NodeId = number & { readonly __brand: 'NodeId' };

/** What the metadata says a node should be; what it is, is {@link RecoveryState}. */
export type NodeType = 'primary' | 'standby' | 'witness';

/** Whether a running server is out of recovery (primary) or in it (standby). */
export type RecoveryState = 'primary' | 'standby';

/** One row of `repmgr.nodes`. */
export interface NodeRecord {
  readonly nodeId: NodeId;
  /** NULL for the primary; for a witness the primary that it serves. */
  readonly upstreamNodeId: NodeId | null;
  readonly active: boolean;
  /** Also the `application_name` under which the node streams from its upstream. */
  readonly nodeName: string;
  readonly type: NodeType;
  readonly location: string;
  /** 0 = never promoted automatically. */
  readonly priority: number;
  /** How every other node reaches this one. */
  readonly conninfo: string;
  /** Database role used for replication connections to this node. */
  readonly replicationUser: string;
  /** Name of the slot that this node needs on its upstream. */
  readonly slotName: string | null;
  readonly configFile: string;
}

/** How messages name a node. */
export function describeNode(node: Pick<NodeRecord, 'nodeId' | 'nodeName'>): string {
  return `node "${node.nodeName}" (ID: ${node.nodeId})`;
}

/** Slot that a node uses on its upstream when slots are enabled. */
export function slotNameFor(nodeId: NodeId): string {
  return `repmgr_slot_${nodeId}`;
}
