import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode } from '../domain/node.ts';
import type { LocalServer } from '../ports/local-server.ts';
import { type ConnectedNode, followUpstream } from './follow-upstream.ts';
import type { CopyJournal } from './journal/copy-journal.ts';
import { putBack } from './journal/settle-copy.ts';
import type { OperationContext } from './operation-context.ts';
import type { ClonePlace } from './place-clone.ts';
import { describeAttachment } from './wait-for-attachment.ts';

export interface ProofRequest {
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  readonly journal: CopyJournal;
  /** The old server is started again if its directory is put back. */
  readonly wasRunning: boolean;
}

export interface ExchangeRequest extends Omit<ProofRequest, 'wasRunning'> {
  /** Place of the finished copy, beside the data directory. */
  readonly place: ClonePlace;
}

/** Exchanges the directories and starts the copy; puts the old one back if the copy does not stream. */
export async function exchangeDirectories(
  context: OperationContext,
  request: ExchangeRequest,
): Promise<void> {
  const { localServer, place, journal } = request;
  const timeoutMs = context.settings.settings.standby_reconnect_timeout * 1_000;
  const wasRunning = (await localServer.processState()).kind === 'running';
  if (wasRunning) {
    await localServer.stop({ mode: 'fast', wait: true, timeoutMs, signal: context.signal });
  }
  // The new directory knows nothing of locks that the old server may have left behind.
  await localServer.removeRecycledPidFile();
  await journal.record({ stage: 'exchanging' });
  await place.moveIn();
  await journal.record({ stage: 'exchanged' });
  await proveCopy(context, { ...request, wasRunning });
}

/**
 * Starts the copy in its place and waits until it streams; only then is the old directory no longer needed.
 * @throws OperationFailed after the old directory has been put back.
 */
export async function proveCopy(context: OperationContext, request: ProofRequest): Promise<void> {
  const { localServer, primary, journal } = request;
  try {
    const { attachment } = await followUpstream(context, {
      target: primary,
      primary,
      localServer,
      slotRoles: {},
      keepFormerSlot: false,
      attachTimeoutMs: context.settings.settings.node_rejoin_timeout * 1_000,
    });
    if (!attachment.isAttached) {
      throw new OperationFailed(`the new copy is ${describeAttachment(attachment.state)}`, {
        exit: 'REJOIN_FAIL',
        hint: `look into the PostgreSQL logs of this node and of ${describeNode(primary.node)}`,
      });
    }
  } catch (error) {
    await reinstateOld(context, request);
    throw error;
  }
  await journal.record({ stage: 'proven' });
}

async function reinstateOld(
  context: OperationContext,
  { localServer, journal, wasRunning }: ProofRequest,
): Promise<void> {
  const timeoutMs = context.settings.settings.standby_reconnect_timeout * 1_000;
  context.log.notice(`putting the old data directory back to "${localServer.dataDirectory}"`);
  if ((await localServer.processState()).kind === 'running') {
    await localServer.stop({ mode: 'immediate', wait: true, timeoutMs });
  }
  await putBack(context, journal);
  if (wasRunning) await localServer.start({ wait: true, timeoutMs });
}
