import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FrameReader } from '../../../src/peers/frame-reader.ts';
import {
  decodeReply,
  encodeRequest,
  type ReplyFields,
  type RequestFields,
  readReplyFrame,
} from '../../../src/peers/frames.ts';
import { createPeerServer } from '../../../src/peers/peer-server.ts';
import { signRequest } from '../../../src/peers/signing.ts';
import type { PeerServer, PeerServerOptions } from '../../../src/ports/peer-server.ts';

export const clusterKey = 'ab'.repeat(32);
export const otherKey = 'cd'.repeat(32);

export function keyOf(hex: string): KeyObject {
  return createSecretKey(Buffer.from(hex, 'hex'));
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
  readonly body: string;
}

/** Sends an HTTP request as it is given, on a connection of its own. */
export function sendHttp(port: number, method: string, path: string): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
      incoming.on('error', reject);
    });
    outgoing.end();
  });
}

export interface TestRequest extends RequestFields {
  readonly body: string;
}

/** An authentic request for the given receiver; `changes` are signed too. */
export function authenticRequest(receiver: string, changes: Partial<TestRequest> = {}): TestRequest {
  return {
    message: 'status',
    body: '{"a":1}',
    senderNodeId: 1,
    senderStartId: 'sender-start-1',
    receiver,
    sequence: 1,
    ...changes,
  };
}

/** The signed frame of a request. */
export function frameOf(request: TestRequest, hex = clusterKey): { frame: Buffer; signature: Buffer } {
  const frame = encodeRequest(request, request.body);
  return { frame, signature: signRequest(keyOf(hex), frame) };
}

export interface FrameReply extends ReplyFields {
  readonly id: number;
  readonly body: string;
  readonly signature: Buffer;
  readonly signed: Buffer;
}

/** A connection that was switched to frames, with nothing that the product's client does for its safety. */
export class RawChannel {
  readonly socket: Socket;
  /** Headers of the switch, in small letters. */
  readonly hello: string;
  readonly #reader = new FrameReader();
  readonly #replies: FrameReply[] = [];
  #wake: () => void = () => undefined;
  isClosed = false;

  private constructor(socket: Socket, hello: string, rest: Buffer) {
    this.socket = socket;
    this.hello = hello;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
    this.#receive(rest);
  }

  static open(port: number): Promise<RawChannel> {
    const socket = connect({ host: '127.0.0.1', port });
    socket.write(upgradeRequest);
    let head = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      const onData = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.off('data', onData);
        resolve(
          new RawChannel(socket, head.toString('latin1', 0, end).toLowerCase(), head.subarray(end + 4)),
        );
      };
      socket.on('data', onData);
    });
  }

  /** The next reply; undefined when the connection ends instead. */
  async next(): Promise<FrameReply | undefined> {
    while (this.#replies.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#replies.shift();
  }

  #receive(chunk: Buffer): void {
    for (const bytes of this.#reader.push(chunk)) {
      const frame = readReplyFrame(bytes);
      const fields = frame && decodeReply(frame.signed);
      if (frame === undefined || fields === undefined) throw new Error('the server sent what is no reply');
      this.#replies.push({ ...frame, ...fields, body: fields.body.toString() });
    }
    this.#wake();
  }
}

export const upgradeRequest =
  'GET /v1/peer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: repmgr-peer\r\n\r\n';

/** Signs and sends on a connection of its own; undefined when that is closed without an answer. */
export async function sendSigned(
  port: number,
  request: TestRequest,
  hex = clusterKey,
): Promise<FrameReply | undefined> {
  return sendFrame(port, frameOf(request, hex).frame);
}

/** The same with the bytes of a frame. */
export async function sendFrame(port: number, frame: Buffer): Promise<FrameReply | undefined> {
  const channel = await RawChannel.open(port);
  channel.socket.write(frame);
  const reply = await channel.next();
  channel.socket.destroy();
  return reply;
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
