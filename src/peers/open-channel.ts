import { request as httpRequest } from 'node:http';
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { PeerAddress, PeerReply } from '../ports/peer-network.ts';
import { type Hello, peerPath, peerProtocol, readHello } from './wire-format.ts';

export type Failed = Extract<PeerReply, { kind: 'failed' }>;

/** Exactly one of them is called, and once. */
export interface Opening {
  /** `head` is what came behind the answer already. */
  readonly onOpen: (socket: Socket, hello: Hello, head: Buffer) => void;
  readonly onFailed: (failure: Failed) => void;
}

/** Connects and has the connection switched to frames. Returns how to give up: then neither callback is called. */
export function openChannel(peer: PeerAddress, lookup: LookupFunction, opening: Opening): () => void {
  let isOver = false;
  const end = (failure: Failed): void => {
    if (isOver) return;
    isOver = true;
    request.destroy();
    opening.onFailed(failure);
  };
  const request = httpRequest({
    host: peer.host,
    port: peer.port,
    path: peerPath,
    headers: { connection: 'Upgrade', upgrade: peerProtocol },
    createConnection: () => connect({ host: peer.host, port: peer.port, lookup, noDelay: true }),
  });
  request.on('upgrade', (response, socket, head) => {
    const hello = readHello(response.headers);
    if (hello === undefined) {
      socket.destroy();
      end(notARepmgrd(peer));
    } else if (isOver) socket.destroy();
    else {
      isOver = true;
      opening.onOpen(socket, hello, head);
    }
  });
  request.on('response', () => end(notARepmgrd(peer)));
  request.on('error', (error) => end(describeError(peer, error)));
  request.end();
  return () => {
    isOver = true;
    request.destroy();
  };
}

/** host:port, with an IPv6 address in brackets. */
export function describePeer(peer: PeerAddress): string {
  return peer.host.includes(':') ? `[${peer.host}]:${peer.port}` : `${peer.host}:${peer.port}`;
}

export function failed(reason: Failed['reason'], message: string): Failed {
  return { kind: 'failed', reason, message };
}

/** What `error` on a connection to `peer` means for requests on it. */
export function describeError(peer: PeerAddress, error: Error): Failed {
  const isProtocol = codeOf(error).startsWith('HPE_');
  const what = isProtocol ? 'unusable reply from' : 'could not reach';
  return failed(isProtocol ? 'protocol' : 'refused', `${what} ${describePeer(peer)}: ${textOf(error)}`);
}

function notARepmgrd(peer: PeerAddress): Failed {
  return failed(
    'protocol',
    `what listens at ${describePeer(peer)} is not a repmgrd of this release; check host and port`,
  );
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A host with several addresses fails with one error per address and no text of its own. */
function textOf(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
  return error.message === '' ? codeOf(error) : error.message;
}
