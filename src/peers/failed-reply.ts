import type { PeerAddress, PeerReply } from '../ports/peer-network.ts';

export type Failed = Extract<PeerReply, { kind: 'failed' }>;

export function failed(reason: Failed['reason'], message: string): Failed {
  return { kind: 'failed', reason, message };
}

/** host:port, with an IPv6 address in brackets. */
export function describePeer(peer: PeerAddress): string {
  return peer.host.includes(':') ? `[${peer.host}]:${peer.port}` : `${peer.host}:${peer.port}`;
}

/** `where` could not be connected to, or the connection broke. */
export function unreachable(where: string, error: Error): Failed {
  return failed('refused', `could not reach ${where}: ${textOf(error)}`);
}

export function notARepmgrd(where: string): Failed {
  return failed('protocol', `what listens at ${where} is not a repmgrd of this release; check host and port`);
}

/** A host with several addresses fails with one error per address and no text of its own. */
function textOf(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
  if (error.message !== '') return error.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
