import type { PeerAddress } from '../ports/peer-network.ts';
import { describePeer } from './failed-reply.ts';
import { type Hello, helloHeaders, isStartId, peerPath, peerProtocol } from './wire-format.ts';

const statusLine = 'HTTP/1.1 101';
const endOfHead = '\r\n\r\n';
const maxHeadBytes = 8_192;
const countPattern = /^(?:0|[1-9]\d{0,14})$/;

/** Asks a server to switch the connection to frames (RFC 9110 §7.8). */
export function openingRequest(peer: PeerAddress): string {
  return [
    `GET ${peerPath} HTTP/1.1`,
    `Host: ${describePeer(peer)}`,
    'Connection: Upgrade',
    `Upgrade: ${peerProtocol}`,
    endOfHead,
  ]
    .join('\r\n')
    .slice(0, -2);
}

/** The server's agreement, with which it introduces itself. */
export function openingAcceptance({ nodeId, startId, generation }: Hello): string {
  return [
    `${statusLine} Switching Protocols`,
    'Connection: Upgrade',
    `Upgrade: ${peerProtocol}`,
    `${helloHeaders.nodeId}: ${nodeId}`,
    `${helloHeaders.startId}: ${startId}`,
    `${helloHeaders.generation}: ${generation}`,
    endOfHead,
  ]
    .join('\r\n')
    .slice(0, -2);
}

export type Acceptance =
  | { readonly kind: 'incomplete' }
  /** Something else listens there, or another release. */
  | { readonly kind: 'foreign' }
  /** `headBytes`: where the frames begin. */
  | { readonly kind: 'accepted'; readonly hello: Hello; readonly headBytes: number };

/** What a server has said so far. */
export function readAcceptance(bytes: Buffer): Acceptance {
  const head = bytes.toString('latin1', 0, maxHeadBytes);
  if (!head.startsWith(statusLine.slice(0, head.length))) return { kind: 'foreign' };
  const end = head.indexOf(endOfHead);
  if (end < 0) return { kind: head.length < maxHeadBytes ? 'incomplete' : 'foreign' };
  const headers = new Map(head.slice(0, end).split('\r\n').slice(1).map(readHeader));
  const hello = readHello(headers);
  if (hello === undefined) return { kind: 'foreign' };
  return { kind: 'accepted', hello, headBytes: end + endOfHead.length };
}

function readHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(0, colon)).toLowerCase(), line.slice(colon + 1).trim()];
}

function readHello(headers: ReadonlyMap<string, string>): Hello | undefined {
  const nodeId = headers.get(helloHeaders.nodeId) ?? '';
  const startId = headers.get(helloHeaders.startId) ?? '';
  const generation = headers.get(helloHeaders.generation) ?? '';
  if (headers.get('upgrade')?.toLowerCase() !== peerProtocol || !isStartId(startId)) return undefined;
  if (!countPattern.test(nodeId) || !countPattern.test(generation)) return undefined;
  return { nodeId: Number(nodeId), startId, generation: Number(generation) };
}
