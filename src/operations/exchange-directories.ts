import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode } from '../domain/node.ts';
import type { LocalServer } from '../ports/local-server.ts';
import { type ConnectedNode, followUpstream } from './follow-upstream.ts';
import type { OperationContext } from './operation-context.ts';
import type { ClonePlace } from './place-clone.ts';
import { describeAttachment } from './wait-for-attachment.ts';

export interface ExchangeRequest {
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  /** Place of the finished copy, beside the data directory. */
  readonly place: ClonePlace;
}

/** Exchanges the directories and starts the copy; puts the old one back if the copy does not stream. */
export async function exchangeDirectories(
  context: OperationContext,
  request: ExchangeRequest,
): Promise<void> {
  const { localServer, primary, place } = request;
  const timeoutMs = context.settings.settings.standby_reconnect_timeout * 1_000;
  const wasRunning = (await localServer.processState()).kind === 'running';
  if (wasRunning) {
    await localServer.stop({ mode: 'fast', wait: true, timeoutMs, signal: context.signal });
  }
  // The new directory knows nothing of locks that the old server may have left behind.
  await localServer.removeRecycledPidFile();
  await place.moveIn();
  try {
    const { attachment } = await followUpstream(context, {
      target: primary,
      primary,
      localServer,
      slotRoles: {},
      keepFormerSlot: false,
      attachTimeoutMs: context.settings.settings.node_rejoin_timeout * 1_000,
    });
    if (attachment.isAttached) return;
    throw new OperationFailed(`the new copy is ${describeAttachment(attachment.state)}`, {
      exit: 'REJOIN_FAIL',
      hint: `look into the PostgreSQL logs of this node and of ${describeNode(primary.node)}`,
    });
  } catch (error) {
    await putBack(context, { localServer, place, wasRunning, timeoutMs });
    throw error;
  }
}

async function putBack(
  { log }: OperationContext,
  old: {
    readonly localServer: LocalServer;
    readonly place: ClonePlace;
    readonly wasRunning: boolean;
    readonly timeoutMs: number;
  },
): Promise<void> {
  const { localServer, place, wasRunning, timeoutMs } = old;
  log.notice(`putting the old data directory back to "${localServer.dataDirectory}"`);
  if ((await localServer.processState()).kind === 'running') {
    await localServer.stop({ mode: 'immediate', wait: true, timeoutMs });
  }
  await place.moveOut();
  if (wasRunning) await localServer.start({ wait: true, timeoutMs });
}
