import { type KeyObject, randomBytes } from 'node:crypto';
import type { PeerAddress, PeerNetwork, PeerReply } from '../ports/peer-network.ts';
import { encodeRequest } from './frames.ts';
import { HostLookup } from './host-lookup.ts';
import { describePeer, type Failed, failed } from './open-channel.ts';
import { type Exchange, PeerChannel } from './peer-channel.ts';
import { readReply, type VerifiedReply } from './read-reply.ts';
import { RequestDeadline } from './request-deadline.ts';
import { ClusterKey, signRequest } from './signing.ts';
import { type Hello, isMessageName, maxBodyBytes, receiverName, statusRestarted } from './wire-format.ts';

/** Less than the server's 60 s, so that the server never closes a connection that is just being used. */
const defaultIdleMs = 20_000;
/** Restarted since, and its replay memory emptied on arrival: more than that doesn't happen at once. */
const maxAttempts = 3;

export interface PeerNetworkOptions {
  /** Hexadecimal; as a function it is asked for each request, so that the key can be replaced. */
  readonly clusterKey: string | (() => string | undefined);
  readonly nodeId: number;
  /** Random id of this start; default a new one. Only one network may use it, as it numbers its requests. */
  readonly startId?: string;
  /** How long a connection is kept without a request; default 20 s. */
  readonly idleMs?: number;
}

interface SignedRequest {
  readonly frame: Buffer;
  readonly signature: Buffer;
  readonly receiver: string;
}

interface Request {
  readonly peer: PeerAddress;
  readonly address: string;
  readonly message: string;
  readonly body: string;
  readonly key: KeyObject;
  readonly deadline: RequestDeadline;
  /** As it was sent last. */
  signed: SignedRequest | undefined;
}

/** Signed requests over one kept connection to each peer. */
export function createPeerNetwork(options: PeerNetworkOptions): PeerNetwork {
  return new FramePeerNetwork(options);
}

class FramePeerNetwork implements PeerNetwork {
  readonly #nodeId: number;
  readonly #startId: string;
  readonly #clusterKey: ClusterKey;
  readonly #idleMs: number;
  readonly #lookup = new HostLookup().lookup;
  /** The connection for new requests to an address. */
  readonly #channels = new Map<string, PeerChannel>();
  /** Who listens at an address, as a signed reply has proven: start id and generation. */
  readonly #receivers = new Map<string, string>();
  readonly #underway = new Set<RequestDeadline>();
  #sequence = 0;
  #closed = false;

  constructor(options: PeerNetworkOptions) {
    const { clusterKey } = options;
    this.#nodeId = options.nodeId;
    this.#startId = options.startId ?? randomBytes(16).toString('hex');
    this.#clusterKey = new ClusterKey(typeof clusterKey === 'string' ? () => clusterKey : clusterKey);
    this.#idleMs = options.idleMs ?? defaultIdleMs;
  }

  async request(
    peer: PeerAddress,
    message: string,
    body: unknown,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<PeerReply> {
    if (this.#closed) return failed('cancelled', 'the peer network is closed');
    const key = this.#clusterKey.current();
    if (key === undefined) return failed('unauthenticated', 'this node has no usable cluster key yet');
    const encoded = encodeBody(message, body);
    if (typeof encoded !== 'string') return encoded;
    const address = describePeer(peer);
    if (options.signal?.aborted) return failed('cancelled', `request to ${address} given up`);
    const deadline = new RequestDeadline(options.timeoutMs, options.signal);
    this.#underway.add(deadline);
    try {
      return await this.#converse({
        peer,
        address,
        message,
        body: encoded,
        key,
        deadline,
        signed: undefined,
      });
    } finally {
      this.#underway.delete(deadline);
      deadline.end();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const deadline of this.#underway) deadline.cancel();
    for (const channel of this.#channels.values()) channel.retire();
  }

  /** Sends, and again if that daemon has a new life since. */
  async #converse(request: Request): Promise<PeerReply> {
    const { address } = request;
    for (let attempt = 1; ; attempt++) {
      const exchange = await this.#exchange(request);
      if (exchange.kind === 'failed') return failed(exchange.reason, exchange.message);
      const reply = this.#verify(request, exchange);
      if (reply.kind === 'failed') {
        this.#channels.get(address)?.retire();
        return reply;
      }
      this.#receivers.set(address, reply.receiver);
      if (reply.status !== statusRestarted || attempt === maxAttempts)
        return toPeerReply(address, reply, exchange.roundTripMs);
      request.signed = undefined;
    }
  }

  /**
   * A kept connection whose other end has restarted breaks on first use: the very same bytes are sent once more
   * on a new one. If they had arrived after all, they are refused as a repetition.
   */
  async #exchange(request: Request): Promise<Exchange> {
    const sent = {
      deadline: request.deadline,
      frame: (hello: Hello) => (request.signed ??= this.#sign(request, hello)).frame,
    };
    const channel = this.#channelTo(request);
    const wasUsed = channel.hasAnswered;
    const exchange = await channel.exchange(sent);
    if (exchange.kind === 'reply' || !exchange.isBroken || !wasUsed) return exchange;
    return this.#channelTo(request).exchange(sent);
  }

  #channelTo({ peer, address }: Request): PeerChannel {
    const kept = this.#channels.get(address);
    if (kept?.accepts(performance.now())) return kept;
    const channel = new PeerChannel({
      peer,
      lookup: this.#lookup,
      idleMs: this.#idleMs,
      onClosed: (closed) => {
        if (this.#channels.get(address) === closed) this.#channels.delete(address);
      },
    });
    this.#channels.set(address, channel);
    kept?.retire();
    return channel;
  }

  #sign(request: Request, hello: Hello): SignedRequest {
    this.#sequence += 1;
    const receiver = this.#receivers.get(request.address) ?? receiverName(hello.startId, hello.generation);
    const fields = {
      senderNodeId: this.#nodeId,
      senderStartId: this.#startId,
      receiver,
      sequence: this.#sequence,
      message: request.message,
    };
    const frame = encodeRequest(fields, request.body);
    return { frame, signature: signRequest(request.key, frame), receiver };
  }

  #verify(request: Request, exchange: Extract<Exchange, { kind: 'reply' }>): VerifiedReply | Failed {
    const { signed, key, address } = request;
    if (signed === undefined) return failed('protocol', `${address} replied to what was not sent`);
    const { signature, receiver } = signed;
    return readReply(exchange.reply, { key, signature, receiver, where: address });
  }
}

function encodeBody(message: string, body: unknown): string | Failed {
  if (!isMessageName(message)) return failed('protocol', `"${message}" can't be the name of a message`);
  try {
    const encoded = JSON.stringify(body) ?? 'null';
    if (Buffer.byteLength(encoded) <= maxBodyBytes) return encoded;
    return failed('protocol', `message ${message} is longer than ${maxBodyBytes} bytes`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failed('protocol', `message ${message} can't be written as JSON: ${why}`);
  }
}

function toPeerReply(address: string, reply: VerifiedReply, roundTripMs: number): PeerReply {
  const { status, body, from } = reply;
  if (status >= 200 && status < 300) return { kind: 'answered', body, roundTripMs, from };
  const why = status === statusRestarted ? 'restarts all the time' : `answered status ${status}`;
  return { kind: 'failed', reason: 'protocol', message: `${address} ${why}`, status, body };
}
