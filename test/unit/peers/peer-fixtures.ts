import { type KeyObject, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createPeerServer } from '../../../src/peers/peer-server.ts';
import { importClusterKey, type SignedRequest, signRequest } from '../../../src/peers/signing.ts';
import { headerNames } from '../../../src/peers/wire-format.ts';
import type { PeerServer, PeerServerOptions } from '../../../src/ports/peer-server.ts';

export const clusterKey = 'ab'.repeat(32);
export const otherKey = 'cd'.repeat(32);

export function keyOf(hex: string): KeyObject {
  const key = importClusterKey(hex);
  if (key === undefined) throw new Error(`${hex} is not a cluster key`);
  return key;
}

export function newStartId(): string {
  return randomBytes(16).toString('hex');
}

export interface RunningServer {
  readonly server: PeerServer;
  readonly startId: string;
  readonly peer: { readonly host: string; readonly port: number };
  readonly received: { message: string; body: unknown; fromNode: number }[];
  readonly troubles: string[];
  readonly lost: string[];
}

/** A server on the loopback address that echoes; `overrides` replace single options. */
export async function startServer(overrides: Partial<PeerServerOptions> = {}): Promise<RunningServer> {
  const startId = overrides.startId ?? newStartId();
  const received: RunningServer['received'] = [];
  const troubles: string[] = [];
  const lost: string[] = [];
  const server = createPeerServer({
    nodeId: 2,
    startId,
    clusterKey: () => clusterKey,
    listen: { hosts: ['127.0.0.1'], port: 0 },
    handle: async (message, body, from) => {
      received.push({ message, body, fromNode: from.nodeId });
      return { status: 200, body: { echo: body } };
    },
    onListenerLost: (error) => lost.push(error.message),
    onTrouble: (error) => troubles.push(error.message),
    ...overrides,
  });
  const { port } = await server.start();
  return { server, startId, peer: { host: '127.0.0.1', port }, received, troubles, lost };
}

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request as it is given, on a connection of its own. */
export function sendRaw(
  port: number,
  request: { method: string; path: string; headers: Record<string, string | number>; body: Uint8Array },
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = request;
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { 'content-length': body.byteLength, ...headers },
      agent: false,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }),
      );
      incoming.on('error', reject);
    });
    outgoing.end(body);
  });
}

export function headersOf(request: SignedRequest, signature: string): Record<string, string | number> {
  return {
    [headerNames.nodeId]: request.senderNodeId,
    [headerNames.startId]: request.senderStartId,
    [headerNames.receiver]: request.receiver,
    [headerNames.sequence]: request.sequence,
    [headerNames.signature]: signature,
  };
}

/** An authentic request for the given receiver; `changes` are signed too. */
export function authenticRequest(receiver: string, changes: Partial<SignedRequest> = {}): SignedRequest {
  return {
    method: 'POST',
    path: '/v1/status',
    body: Buffer.from('{"a":1}'),
    senderNodeId: 1,
    senderStartId: 'sender-start-1',
    receiver,
    sequence: 1,
    ...changes,
  };
}

/** Signs with the cluster key and sends. */
export function sendSigned(port: number, request: SignedRequest, hex = clusterKey): Promise<RawReply> {
  const headers = headersOf(request, signRequest(keyOf(hex), request));
  return sendRaw(port, { method: request.method, path: request.path, headers, body: request.body });
}

/** A TCP server that does with each connection what the test wants. */
export async function startTcpServer(
  onConnection: (socket: Socket) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: address.port, close };
}
