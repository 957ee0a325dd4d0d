import type { NodeId, NodeRecord } from '../../domain/node.ts';
import type { Connection } from '../../ports/connection.ts';
import type { OperationContext } from '../operation-context.ts';
import { dropSlot } from '../replication-slots.ts';
import { withConnection } from '../with-connection.ts';
import type { FollowContent, JournalEntry } from './entry.ts';
import { reopen } from './operation-journal.ts';

export interface AttachedNode {
  readonly own: NodeRecord;
  /** The upstream that this node streams from at this moment. */
  readonly streamsFrom: NodeId;
  /** To any server with the metadata. */
  readonly nodes: Connection;
}

/**
 * Removes what a killed `follow` may have left: this node's slot on an upstream that it does not stream from. What
 * can't be reached is tried again another time.
 */
export async function settleFollows(
  context: OperationContext,
  entries: readonly JournalEntry<FollowContent>[],
  attached: AttachedNode,
): Promise<void> {
  for (const entry of entries) {
    const places = [entry.from, entry.to].filter((id) => id !== null && id !== attached.streamsFrom);
    const dropped = await Promise.all(places.map((id) => dropThere(context, attached, { id, entry })));
    if (dropped.every(Boolean)) await reopen(context, entry).close();
  }
}

async function dropThere(
  context: OperationContext,
  { own, nodes }: AttachedNode,
  { id, entry }: { readonly id: NodeId | null; readonly entry: JournalEntry<FollowContent> },
): Promise<boolean> {
  const { adapters, log, signal } = context;
  const node = id === null ? undefined : await adapters.metadata.node(nodes, id);
  if (node === undefined || node.nodeId === own.nodeId) return true;
  const { slotName } = entry;
  try {
    const outcome = await withConnection(
      () => adapters.connections.connect(node.conninfo, { signal }),
      (connection) =>
        dropSlot(context, { connection, roles: { recordedUser: node.replicationUser } }, slotName),
    );
    if (outcome === 'dropped') log.info(`replication slot "${slotName}", left on node ${id}, was dropped`);
    return outcome !== 'active';
  } catch (error) {
    log.debug(`replication slot "${slotName}" could not be looked for on node ${id}`, {
      detail: error instanceof Error ? error.message : String(error),
    });
    return false;
  }
}
