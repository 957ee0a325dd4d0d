import type { Connection } from '../ports/connection.ts';
import type { AttachmentState } from '../ports/server-inspector.ts';
import type { OperationContext } from './operation-context.ts';
import { waitUntil } from './wait-until.ts';

export interface AttachmentWait {
  /** To the upstream. */
  readonly connection: Connection;
  /** `application_name` of the downstream node. */
  readonly nodeName: string;
  readonly timeoutMs: number;
}

export interface Attachment {
  readonly isAttached: boolean;
  /** What was seen last. */
  readonly state: AttachmentState;
  readonly waitedMs: number;
}

const pollIntervalMs = 50;

/** Watches pg_stat_replication of the upstream until the node streams from it, or the time is over. */
export async function waitForAttachment(
  { adapters, signal }: Pick<OperationContext, 'adapters' | 'signal'>,
  { connection, nodeName, timeoutMs }: AttachmentWait,
): Promise<Attachment> {
  const { clock, inspector } = adapters;
  const startedMs = clock.monotonicMs();
  let state = 'unknown' as AttachmentState;
  await waitUntil({ clock, intervalMs: pollIntervalMs, timeoutMs, signal }, async () => {
    state = await inspector.attachmentOf(connection, nodeName);
    return state === 'attached' ? true : undefined;
  });
  return { isAttached: state === 'attached', state, waitedMs: clock.monotonicMs() - startedMs };
}

/** How a message continues "node … is": `not attached`, `attached, but does not stream yet` … */
export function describeAttachment(state: AttachmentState): string {
  switch (state) {
    case 'attached':
      return 'attached and streaming';
    case 'notStreaming':
      return 'attached, but does not stream yet';
    case 'absent':
      return 'not attached';
    case 'unknown':
      return 'in a state that could not be told (several sessions of the same application_name?)';
  }
}
