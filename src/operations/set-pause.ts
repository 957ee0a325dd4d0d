import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { DaemonStatus, PauseReply, PauseRequest } from '../domain/peer-messages.ts';
import type { PeerAddress, PeerNetwork } from '../ports/peer-network.ts';
import { type ObservedDaemon, statusesOf } from './observe-daemons.ts';

/** A majority has to store it, and each of them answers within the time of a heartbeat. */
const pauseTimeoutMs = 15_000;

export type PrimaryDaemon =
  | { readonly kind: 'found'; readonly status: DaemonStatus; readonly address: PeerAddress }
  | { readonly kind: 'none'; readonly reason: string };

/** The daemon that owns the voting configuration: that of the primary of the newest term. */
export function findPrimaryDaemon(daemons: readonly ObservedDaemon[]): PrimaryDaemon {
  const statuses = statusesOf(daemons).toSorted((a, b) => b.term - a.term);
  const status = statuses.find(({ role }) => role === 'primary');
  const address = daemons.find((daemon) => daemon.address.nodeId === status?.nodeId)?.address;
  if (status !== undefined && address !== undefined) return { kind: 'found', status, address };
  if (statuses.length === 0) return { kind: 'none', reason: 'no repmgrd answers' };
  const known = statuses.find(({ primary }) => primary !== null)?.primary;
  return {
    kind: 'none',
    reason:
      known === undefined || known === null
        ? 'no repmgrd knows of a primary'
        : `the repmgrd of the primary (node ID: ${known}) does not answer`,
  };
}

/** Asks the daemon of the primary to pause or resume automatic failover in the whole cluster. */
export async function requestPause(
  network: PeerNetwork,
  address: PeerAddress,
  options: { readonly paused: boolean; readonly signal: AbortSignal },
): Promise<PauseReply> {
  const request: PauseRequest = { paused: options.paused };
  const reply = await network.request(address, 'pause', request, {
    timeoutMs: pauseTimeoutMs,
    signal: options.signal,
  });
  if (reply.kind === 'failed') return { ok: false, reason: reply.message };
  return parseReply(reply.body);
}

function parseReply(body: unknown): PauseReply {
  const { ok, reason } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (ok === true) return { ok: true };
  if (ok === false) return { ok: false, reason: typeof reason === 'string' ? reason : 'no reason was given' };
  throw new ConfigurationError('repmgrd of the primary gave an answer that is not understood', {
    exit: 'REPMGRD_PAUSE',
    hint: 'run the same version of repmgr and repmgrd on all nodes',
  });
}
