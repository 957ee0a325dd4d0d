import type { NodeRecord } from '../domain/node.ts';
import { connectToLocal } from './connect-to-local.ts';
import type { ConnectedNode } from './follow-upstream.ts';
import type { OperationContext } from './operation-context.ts';
import { dropSlot } from './replication-slots.ts';
import { withConnection } from './with-connection.ts';

/**
 * Drops the slots that a former primary still holds for nodes which now stream from elsewhere: nobody will ever
 * read from them again, but they keep WAL. Other inactive slots are only named. Failing to is a warning.
 */
export async function dropLeftoverSlots(context: OperationContext, primary: ConnectedNode): Promise<void> {
  try {
    const nodes = await context.adapters.metadata.nodes(primary.connection);
    await withConnection(
      () => connectToLocal(context),
      async (connection) => {
        const slots = await context.adapters.inspector.replicationSlots(connection);
        const unknown: string[] = [];
        for (const slot of slots.filter(({ active }) => !active)) {
          if (!isLeftover(slot.slotName, nodes, context)) unknown.push(slot.slotName);
          else await dropSlot(context, { connection, roles: {} }, slot.slotName);
        }
        if (unknown.length > 0) warnOf(context, unknown);
      },
    );
  } catch (error) {
    context.log.warning('replication slots left from the time as primary could not be looked through', {
      detail: error instanceof Error ? error.message : String(error),
      hint: 'look at pg_replication_slots on this node; inactive slots keep WAL',
    });
  }
}

function isLeftover(slotName: string, nodes: readonly NodeRecord[], { settings }: OperationContext): boolean {
  const owner = nodes.find((node) => node.slotName === slotName);
  return owner !== undefined && owner.upstreamNodeId !== settings.settings.node_id;
}

function warnOf({ log }: OperationContext, slotNames: readonly string[]): void {
  log.warning(`inactive replication slots on this node: ${slotNames.join(', ')}`, {
    hint: 'they keep WAL; drop those that nobody needs with pg_drop_replication_slot()',
  });
}
