import type { TimelineId } from '../domain/timeline.ts';
import type { ConnectedNode } from './follow-upstream.ts';
import type { OperationContext } from './operation-context.ts';
import { waitUntil } from './wait-until.ts';

const checkpointTimeoutMs = 600_000;
/** An automatic checkpoint comes within checkpoint_timeout; longer than this nobody wants to wait for it. */
const ownCheckpointTimeoutMs = 30_000;

/**
 * Sees to it that the control file of the new primary names its present timeline. pg_rewind reads the timeline
 * there: before the first checkpoint after a promotion it would find nothing to do (manual, pg_rewind).
 * @returns false when the role may not issue a CHECKPOINT and none came by itself in time.
 */
export async function checkpointPrimary(
  context: OperationContext,
  primary: ConnectedNode,
  timeline: TimelineId,
): Promise<boolean> {
  const { adapters, log, signal } = context;
  const { inspector, clock } = adapters;
  const { connection, node } = primary;
  const isCurrent = async (): Promise<true | undefined> =>
    (await inspector.controlState(connection)).checkpointTimeline >= timeline ? true : undefined;
  if (await isCurrent()) return true;
  if (await inspector.mayCheckpoint(connection)) {
    log.info(`issuing a CHECKPOINT on node "${node.nodeName}" (ID: ${node.nodeId})`);
    await inspector.checkpoint(connection, checkpointTimeoutMs);
    return (await isCurrent()) ?? false;
  }
  log.notice(`waiting for node "${node.nodeName}" (ID: ${node.nodeId}) to make its first checkpoint`, {
    hint: 'grant the role pg_checkpoint (PostgreSQL 15 and later) to the repmgr role to make this quicker',
  });
  const wait = { clock, intervalMs: 500, timeoutMs: ownCheckpointTimeoutMs, signal };
  return (await waitUntil(wait, isCurrent)) ?? false;
}
