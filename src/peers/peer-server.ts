import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InternalBug } from '../domain/errors/repmgr-error.ts';
import type { PeerServer, PeerServerOptions } from '../ports/peer-server.ts';
import { answerRequest } from './answer-request.ts';
import { authenticateRequest } from './authenticate-request.ts';
import { openingAcceptance } from './channel-opening.ts';
import { ConnectionLimit } from './connection-limit.ts';
import type { ReceivedFrame } from './frames.ts';
import { bindListener, closeListener } from './listener.ts';
import { ReplayMemory } from './replay-memory.ts';
import { ServedChannel } from './served-channel.ts';
import { ClusterKey } from './signing.ts';
import { type Hello, helloPath, isStartId, peerPath, peerProtocol } from './wire-format.ts';

const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const keepAliveTimeoutMs = 30_000;
const checkConnectionsMs = 2_000;
const maxConnections = 512;
const maxUnprovenConnections = 64;
const maxSenders = 4_096;
const stopGraceMs = 1_000;

/** Receives the signed requests of other daemons and of the command line. */
export function createPeerServer(options: PeerServerOptions): PeerServer {
  if (!isStartId(options.startId))
    throw new InternalBug('the id of a daemon start must be 8 to 64 letters, digits or hyphens');
  return new FramePeerServer(options);
}

class FramePeerServer implements PeerServer {
  readonly #options: PeerServerOptions;
  readonly #clusterKey: ClusterKey;
  readonly #memory: ReplayMemory;
  readonly #connections = new ConnectionLimit(maxUnprovenConnections);
  readonly #channels = new Set<ServedChannel>();
  #listeners: Server[] = [];

  constructor(options: PeerServerOptions) {
    this.#options = options;
    this.#clusterKey = new ClusterKey(options.clusterKey);
    this.#memory = new ReplayMemory(options.maxSenders ?? maxSenders);
  }

  async start(): Promise<{ port: number }> {
    if (this.#listeners.length > 0) throw new InternalBug('the peer server is already started');
    let { port } = this.#options.listen;
    try {
      for (const host of this.#options.listen.hosts) {
        const server = this.#newServer();
        port = await bindListener(server, { host, port });
        this.#listeners.push(server);
        this.#watch(server, `${host}:${port}`);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    return { port };
  }

  async stop(): Promise<void> {
    const listeners = this.#listeners;
    this.#listeners = [];
    const channels = [...this.#channels];
    for (const channel of channels) channel.finish();
    const timer = setTimeout(() => {
      for (const channel of channels) channel.destroy();
    }, stopGraceMs);
    await Promise.all(listeners.map((server) => closeListener(server, stopGraceMs)));
    clearTimeout(timer);
  }

  #newServer(): Server {
    const server = createServer(
      {
        noDelay: true,
        keepAliveTimeout: keepAliveTimeoutMs,
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: checkConnectionsMs,
        maxHeaderSize: 8_192,
      },
      (incoming, outgoing) => this.#serveHttp(incoming, outgoing),
    );
    server.maxConnections = maxConnections;
    server.on('connection', (socket) => this.#connections.admit(socket));
    server.on('upgrade', (incoming, socket, head) => this.#upgrade(incoming, socket, head));
    return server;
  }

  #watch(server: Server, address: string): void {
    const isOurs = (): boolean => this.#listeners.includes(server);
    server.on('error', (cause) => {
      this.#options.onTrouble(new InternalBug(`peer server on ${address}: ${cause.message}`, { cause }));
    });
    server.on('close', () => {
      if (!isOurs()) return;
      const error = new InternalBug(`the listener on ${address} was closed unexpectedly`);
      void this.stop().then(() => this.#options.onListenerLost(error));
    });
  }

  #hello(): Hello {
    const { nodeId, startId } = this.#options;
    return { nodeId, startId, generation: this.#memory.generation };
  }

  #serveHttp(incoming: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.on('error', () => outgoing.destroy());
    if (incoming.method !== 'GET' || incoming.url !== helloPath) {
      outgoing.writeHead(404, { 'content-length': 0, connection: 'close' }).end();
      return;
    }
    const body = Buffer.from(JSON.stringify(this.#hello()));
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  }

  /** From here on the connection carries frames (RFC 9110 §7.8). */
  #upgrade(incoming: IncomingMessage, stream: Duplex, head: Buffer): void {
    const socket = stream as Socket;
    const { method, url, headers } = incoming;
    if (
      method !== 'GET' ||
      url !== peerPath ||
      headers.upgrade !== peerProtocol ||
      this.#listeners.length === 0
    ) {
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', () =>
        socket.destroy(),
      );
      return;
    }
    const channel = new ServedChannel(socket, {
      answer: (frame) => this.#answer(frame),
      proven: () => this.#connections.prove(socket),
    });
    this.#channels.add(channel);
    socket.on('close', () => this.#channels.delete(channel));
    socket.write(openingAcceptance(this.#hello()));
    if (head.length > 0) channel.receive(head);
  }

  #answer(frame: ReceivedFrame): Promise<Buffer> | undefined {
    const startId = this.#options.startId;
    const authenticator = { startId, clusterKey: this.#clusterKey, memory: this.#memory };
    const authentication = authenticateRequest(frame, authenticator);
    if (authentication.kind === 'refused') return undefined;
    return answerRequest(authentication, this.#options, this.#memory);
  }
}
