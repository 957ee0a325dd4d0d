import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { InternalBug } from '../domain/errors/repmgr-error.ts';
import type { PeerServer, PeerServerOptions } from '../ports/peer-server.ts';
import { type Authentication, authenticateRequest } from './authenticate-request.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { bindListener, closeListener } from './listener.ts';
import { ReplayMemory } from './replay-memory.ts';
import { signReply } from './signing.ts';
import {
  headerNames,
  helloPath,
  isMessageName,
  isStartId,
  maxBodyBytes,
  parseJson,
  pathPrefix,
  receiverName,
  statusRestarted,
  statusUnauthenticated,
} from './wire-format.ts';

const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const keepAliveTimeoutMs = 30_000;
const maxConnections = 512;
const maxUnprovenConnections = 64;
const maxSenders = 4_096;
const stopGraceMs = 1_000;

/** Receives the signed requests of other daemons and of the command line. */
export function createPeerServer(options: PeerServerOptions): PeerServer {
  if (!isStartId(options.startId))
    throw new InternalBug('the id of a daemon start must be 8 to 64 letters, digits or hyphens');
  return new HttpPeerServer(options);
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

class HttpPeerServer implements PeerServer {
  readonly #options: PeerServerOptions;
  readonly #memory: ReplayMemory;
  readonly #connections = new ConnectionLimit(maxUnprovenConnections);
  #listeners: Server[] = [];

  constructor(options: PeerServerOptions) {
    this.#options = options;
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
    await Promise.all(listeners.map((server) => closeListener(server, stopGraceMs)));
  }

  #newServer(): Server {
    const server = createServer(
      {
        noDelay: true,
        keepAliveTimeout: keepAliveTimeoutMs,
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 8_192,
      },
      (incoming, outgoing) => void this.#serve(incoming, outgoing),
    );
    server.maxConnections = maxConnections;
    server.on('connection', (socket) => this.#connections.admit(socket));
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

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.on('error', () => outgoing.destroy());
    if (incoming.method === 'GET' && incoming.url === helloPath) {
      this.#sayHello(outgoing);
      return;
    }
    const authentication = await authenticateRequest(incoming, {
      startId: this.#options.startId,
      clusterKey: this.#options.clusterKey,
      memory: this.#memory,
    });
    if (authentication.kind === 'refused') {
      outgoing.writeHead(statusUnauthenticated, { 'content-length': 0, connection: 'close' }).end();
      return;
    }
    this.#connections.prove(incoming.socket);
    this.#reply(outgoing, authentication, await this.#answerTo(incoming, authentication));
  }

  #sayHello(outgoing: ServerResponse): void {
    const { nodeId, startId } = this.#options;
    const body = Buffer.from(JSON.stringify({ nodeId, startId, generation: this.#memory.generation }));
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  }

  async #answerTo(
    incoming: IncomingMessage,
    authentication: Exclude<Authentication, { kind: 'refused' }>,
  ): Promise<Answer> {
    if (authentication.kind === 'restarted') return { status: statusRestarted, body: {} };
    const message = (incoming.url ?? '').slice(pathPrefix.length);
    if (incoming.method !== 'POST' || incoming.url !== pathPrefix + message || !isMessageName(message))
      return { status: 404, body: { error: 'unknown message' } };
    const body = parseJson(authentication.body);
    if (body === undefined) return { status: 400, body: { error: 'the body is not JSON' } };
    const { nodeId, startId } = authentication.claims;
    try {
      return await this.#options.handle(message, body, { nodeId, startId });
    } catch (cause) {
      const text = `message ${message} from node ${nodeId} could not be handled`;
      this.#options.onTrouble(new InternalBug(text, { cause }));
      return { status: 500, body: { error: 'internal error; see the log of that node' } };
    }
  }

  #reply(
    outgoing: ServerResponse,
    request: Exclude<Authentication, { kind: 'refused' }>,
    answer: Answer,
  ): void {
    const { status, body } = this.#encode(answer);
    const { nodeId, startId } = this.#options;
    // A reply goes out under the name that its request was signed for, even if a new generation began since.
    const receiver =
      request.kind === 'restarted' ? receiverName(startId, this.#memory.generation) : request.claims.receiver;
    const signature = signReply(request.key, {
      requestSignature: request.claims.signature,
      status,
      responderNodeId: nodeId,
      responder: receiver,
      body,
    });
    outgoing
      .writeHead(status, {
        'content-type': 'application/json',
        'content-length': body.length,
        [headerNames.nodeId]: nodeId,
        [headerNames.receiver]: receiver,
        [headerNames.signature]: signature,
        ...(this.#listeners.length === 0 ? { connection: 'close' } : {}),
      })
      .end(body);
  }

  #encode(answer: Answer): { status: number; body: Buffer } {
    try {
      const body = Buffer.from(JSON.stringify(answer.body) ?? 'null', 'utf8');
      if (body.length <= maxBodyBytes) return { status: answer.status, body };
      this.#options.onTrouble(new InternalBug(`a reply of ${body.length} bytes is too long to be sent`));
    } catch (cause) {
      this.#options.onTrouble(new InternalBug("a reply can't be written as JSON", { cause }));
    }
    return { status: 500, body: Buffer.from('{"error":"internal error; see the log of that node"}') };
  }
}
