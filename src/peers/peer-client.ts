import { type KeyObject, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import type { PeerAddress, PeerNetwork, PeerReply } from '../ports/peer-network.ts';
import { HostLookup } from './host-lookup.ts';
import { describePeer, type Exchange, exchange } from './http-exchange.ts';
import { readHello, readReply, type VerifiedReply } from './read-reply.ts';
import { type RequestDeadline, startDeadline } from './request-deadline.ts';
import { importClusterKey, signRequest } from './signing.ts';
import {
  headerNames,
  helloPath,
  isMessageName,
  maxBodyBytes,
  pathPrefix,
  receiverName,
  statusRestarted,
} from './wire-format.ts';

const maxSocketsPerPeer = 8;
/** Less than the server's 30 s, so that the server never closes a connection that is just being used. */
const idleSocketMs = 20_000;
/** Restarted since, and its replay memory emptied on arrival: more than that doesn't happen at once. */
const maxAttempts = 3;

export interface PeerNetworkOptions {
  /** Hexadecimal; as a function it is asked for each request, so that the key can be replaced. */
  readonly clusterKey: string | (() => string | undefined);
  readonly nodeId: number;
  /** Random id of this start; default a new one. Only one network may use it, as it numbers its requests. */
  readonly startId?: string;
}

type Failed = Extract<PeerReply, { kind: 'failed' }>;
type Answer = Extract<Exchange, { kind: 'response' }>;

interface Request {
  readonly peer: PeerAddress;
  readonly path: string;
  readonly body: Buffer;
  readonly key: KeyObject;
  readonly deadline: RequestDeadline;
}

/** Signed requests over kept-alive HTTP connections. */
export function createPeerNetwork(options: PeerNetworkOptions): PeerNetwork {
  return new HttpPeerNetwork(options);
}

class HttpPeerNetwork implements PeerNetwork {
  readonly #nodeId: number;
  readonly #startId: string;
  readonly #clusterKey: () => string | undefined;
  readonly #agent: Agent;
  /** Who listens at an address, as far as known: start id and generation. */
  readonly #receivers = new Map<string, string>();
  readonly #underway = new Set<RequestDeadline>();
  #sequence = 0;
  #closed = false;

  constructor(options: PeerNetworkOptions) {
    const { clusterKey } = options;
    this.#nodeId = options.nodeId;
    this.#startId = options.startId ?? randomBytes(16).toString('hex');
    this.#clusterKey = typeof clusterKey === 'string' ? () => clusterKey : clusterKey;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: maxSocketsPerPeer,
      timeout: idleSocketMs,
      noDelay: true,
      lookup: new HostLookup().lookup,
    });
  }

  async request(
    peer: PeerAddress,
    message: string,
    body: unknown,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<PeerReply> {
    if (this.#closed) return failed('cancelled', 'the peer network is closed');
    const key = importClusterKey(this.#clusterKey());
    if (key === undefined) return failed('unauthenticated', 'this node has no usable cluster key yet');
    const encoded = encodeBody(message, body);
    if (typeof encoded === 'string') return failed('protocol', encoded);
    const deadline = startDeadline(options.timeoutMs, options.signal);
    this.#underway.add(deadline);
    try {
      const path = `${pathPrefix}${message}`;
      return await this.#converse({ peer, path, body: encoded, key, deadline });
    } finally {
      this.#underway.delete(deadline);
      deadline.end();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const deadline of this.#underway) deadline.cancel();
    this.#agent.destroy();
  }

  /** Learns who listens there if need be, sends, and again if that daemon has a new life since. */
  async #converse(request: Request): Promise<PeerReply> {
    const address = describePeer(request.peer);
    const known = this.#receivers.get(address) ?? (await this.#learnReceiver(request));
    if (typeof known !== 'string') return known;
    let reply = await this.#sendSigned(request, known);
    for (let attempt = 1; attempt < maxAttempts && wasForEarlierLife(reply); attempt++)
      reply = await this.#sendSigned(request, reply.receiver);
    if (reply.kind === 'failed') return reply;
    this.#receivers.set(address, reply.receiver);
    return toPeerReply(request.peer, reply);
  }

  async #learnReceiver(request: Request): Promise<string | Failed> {
    const { peer } = request;
    const outcome = await this.#exchange(request, { method: 'GET', path: helloPath, headers: {} });
    if (outcome.kind === 'failed') return outcome;
    const hello = readHello(outcome.status, outcome.body);
    if (hello !== undefined) return receiverName(hello.startId, hello.generation);
    return failed('protocol', `what listens at ${describePeer(peer)} is not a repmgrd; check host and port`);
  }

  async #sendSigned(request: Request, receiver: string): Promise<VerifiedReply | Failed> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const signature = signRequest(request.key, {
      method: 'POST',
      path: request.path,
      body: request.body,
      senderNodeId: this.#nodeId,
      senderStartId: this.#startId,
      receiver,
      sequence,
    });
    const outcome = await this.#exchange(request, {
      method: 'POST',
      path: request.path,
      headers: {
        'content-type': 'application/json',
        [headerNames.nodeId]: this.#nodeId,
        [headerNames.startId]: this.#startId,
        [headerNames.receiver]: receiver,
        [headerNames.sequence]: sequence,
        [headerNames.signature]: signature,
      },
      body: request.body,
    });
    if (outcome.kind === 'failed') return outcome;
    return readReply(outcome, { key: request.key, signature, receiver, where: describePeer(request.peer) });
  }

  /**
   * A kept-alive connection whose other end has restarted breaks on first use: the very same bytes are sent
   * once more on a new one. If they had arrived after all, they are refused as a repetition.
   */
  async #exchange(
    request: Request,
    http: { method: 'GET' | 'POST'; path: string; headers: Record<string, string | number>; body?: Buffer },
  ): Promise<Answer | Failed> {
    const spec = { agent: this.#agent, peer: request.peer, deadline: request.deadline, ...http };
    let outcome = await exchange(spec);
    if (outcome.kind === 'failed') this.#dropIdleConnections(request.peer);
    if (outcome.kind === 'failed' && outcome.lostIdleConnection) outcome = await exchange(spec);
    return outcome.kind === 'response' ? outcome : failed(outcome.reason, outcome.message);
  }

  /** After a partition old connections stay silent for long (TCP backs off); new ones work at once. */
  #dropIdleConnections(peer: PeerAddress): void {
    const name = this.#agent.getName({ host: peer.host, port: peer.port });
    for (const socket of this.#agent.freeSockets[name] ?? []) socket.destroy();
  }
}

function encodeBody(message: string, body: unknown): Buffer | string {
  if (!isMessageName(message)) return `"${message}" can't be the name of a message`;
  try {
    const encoded = Buffer.from(JSON.stringify(body) ?? 'null', 'utf8');
    if (encoded.byteLength <= maxBodyBytes) return encoded;
    return `message ${message} is longer than ${maxBodyBytes} bytes`;
  } catch (error) {
    return `message ${message} can't be written as JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function wasForEarlierLife(reply: VerifiedReply | Failed): reply is VerifiedReply {
  return reply.kind === 'authentic' && reply.status === statusRestarted;
}

function toPeerReply(peer: PeerAddress, reply: VerifiedReply): PeerReply {
  const { status, body, from, roundTripMs } = reply;
  if (status >= 200 && status < 300) return { kind: 'answered', body, roundTripMs, from };
  const why = status === statusRestarted ? 'restarts all the time' : `answered status ${status}`;
  return { kind: 'failed', reason: 'protocol', message: `${describePeer(peer)} ${why}`, status, body };
}

function failed(reason: Failed['reason'], message: string): Failed {
  return { kind: 'failed', reason, message };
}
