import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { ShutdownReply, ShutdownRequest } from '../domain/peer-messages.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import { localDaemonAddress } from './daemon-access.ts';
import type { OperationContext } from './operation-context.ts';

/** The daemon stores its intent before it answers. */
const answerTimeoutMs = 5_000;

/** Tells the daemon of this node that PostgreSQL is going to be stopped and shall stay down. */
export async function requestShutdown(
  context: Pick<OperationContext, 'adapters' | 'settings' | 'signal'>,
  network: PeerNetwork,
  request: ShutdownRequest,
): Promise<ShutdownReply> {
  const reply = await network.request(localDaemonAddress(context), 'shutdown', request, {
    timeoutMs: answerTimeoutMs,
    signal: context.signal,
  });
  if (reply.kind === 'failed') return { ok: false, reason: reply.message };
  const { body } = reply;
  const { ok, reason } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (ok === true) return { ok: true };
  if (ok === false) return { ok: false, reason: typeof reason === 'string' ? reason : 'no reason was given' };
  throw new ConfigurationError('repmgrd of this node gave an answer that is not understood', {
    exit: 'REPMGRD_SERVICE',
    hint: 'run the same version of repmgr and repmgrd, and restart repmgrd after an update',
  });
}
