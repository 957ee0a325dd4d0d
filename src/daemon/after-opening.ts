import type { CoreEffect } from '../decisions/failover/events-and-effects.ts';
import type { Connection } from '../ports/connection.ts';
import { messageOf, type Node } from './node.ts';
import type { EventRecorder } from './record-cluster-events.ts';

const checkpointLimitMs = 600_000;

export interface Opening {
  readonly effect: CoreEffect & { type: 'afterOpening' };
  readonly connection: Connection | undefined;
  readonly events: EventRecorder;
  readonly term: number;
}

/**
 * Writes the new reign down in the metadata, then issues the CHECKPOINT without which pg_rewind of the others
 * would read the old timeline from the control file (failover.md §6.8).
 */
export async function afterOpening(node: Node, { effect, connection, events, term }: Opening): Promise<void> {
  const { adapters, log, settings } = node;
  if (effect.kind === 'restarted') return;
  const open =
    connection ?? (await adapters.connections.connect(settings.settings.conninfo, { timeoutMs: 5_000 }));
  try {
    const own = await adapters.metadata.node(open, node.nodeId);
    if (own !== undefined && (own.type !== 'primary' || !own.active || own.upstreamNodeId !== null)) {
      await adapters.metadata.recordPromotion(open, node.nodeId);
    }
    await adapters.metadata.setVotingTerm(open, term);
    // "repmgr standby promote" in promote_command has said so itself.
    if (effect.kind === 'promoted' && settings.settings.promote_command === '') {
      const details = `node "${settings.settings.node_name}" (ID: ${node.nodeId}) was promoted to primary by repmgrd`;
      events.record({ nodeId: node.nodeId, event: 'standby_promote', successful: true, details });
    }
  } finally {
    if (open !== connection) await open.close();
  }
  if (effect.kind === 'promoted')
    await checkpoint(node).catch((error: unknown) =>
      log.warning(`no CHECKPOINT after the promotion: ${messageOf(error)}`),
    );
}

/** On a connection of its own: it may take minutes. */
async function checkpoint({ adapters, settings, ending }: Node): Promise<void> {
  const connection = await adapters.connections.connect(settings.settings.conninfo, {
    timeoutMs: 5_000,
    signal: ending,
  });
  try {
    if (await adapters.inspector.mayCheckpoint(connection))
      await adapters.inspector.checkpoint(connection, checkpointLimitMs);
  } finally {
    connection.destroy();
  }
}
