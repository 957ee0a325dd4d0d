import { randomBytes } from 'node:crypto';
import type { PeerAddress, PeerNetwork, PeerReply } from '../ports/peer-network.ts';
import { Cancellation } from './cancellation.ts';
import { Conversation, type Correspondent, type Question } from './conversation.ts';
import { describePeer, type Failed, failed } from './failed-reply.ts';
import { HostLookup } from './host-lookup.ts';
import { PeerChannel } from './peer-channel.ts';
import { ClusterKey } from './signing.ts';
import { isMessageName, maxBodyBytes } from './wire-format.ts';

/** Less than the server's 60 s, so that the server never closes a connection that is just being used. */
const defaultIdleMs = 20_000;

export interface PeerNetworkOptions {
  /** Hexadecimal; as a function it is asked for each request, so that the key can be replaced. */
  readonly clusterKey: string | (() => string | undefined);
  readonly nodeId: number;
  /** Random id of this start; default a new one. Only one network may use it, as it numbers its requests. */
  readonly startId?: string;
  /** How long a connection is kept without a request; default 20 s. */
  readonly idleMs?: number;
}

/** Signed requests over one kept connection to each peer. */
export function createPeerNetwork(options: PeerNetworkOptions): PeerNetwork {
  return new FramePeerNetwork(options);
}

class FramePeerNetwork implements PeerNetwork, Correspondent {
  readonly nodeId: number;
  readonly startId: string;
  readonly receivers = new Map<string, string>();
  readonly #clusterKey: ClusterKey;
  readonly #idleMs: number;
  readonly #lookup = new HostLookup().lookup;
  /** The connection for new requests to an address. */
  readonly #channels = new Map<string, PeerChannel>();
  readonly #underway = new Set<Conversation>();
  readonly #cancellation = new Cancellation();
  #sequence = 0;
  #closed = false;

  constructor(options: PeerNetworkOptions) {
    const { clusterKey } = options;
    this.nodeId = options.nodeId;
    this.startId = options.startId ?? randomBytes(16).toString('hex');
    this.#clusterKey = new ClusterKey(typeof clusterKey === 'string' ? () => clusterKey : clusterKey);
    this.#idleMs = options.idleMs ?? defaultIdleMs;
  }

  request(
    peer: PeerAddress,
    message: string,
    body: unknown,
    limits: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<PeerReply> {
    return new Promise((resolve) => {
      const address = describePeer(peer);
      const key = this.#clusterKey.current();
      const encoded = encodeBody(message, body);
      if (this.#closed) resolve(failed('cancelled', 'the peer network is closed'));
      else if (key === undefined)
        resolve(failed('unauthenticated', 'this node has no usable cluster key yet'));
      else if (typeof encoded !== 'string') resolve(encoded);
      else if (limits.signal?.aborted) resolve(failed('cancelled', `request to ${address} given up`));
      else {
        this.#begin({ peer, address, message, body: encoded, key }, limits, resolve);
      }
    });
  }

  #begin(
    question: Question,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
    resolve: (reply: PeerReply) => void,
  ): void {
    const conversation = new Conversation(question, this, timeoutMs, (reply) => {
      this.#underway.delete(conversation);
      if (signal !== undefined) this.#cancellation.remove(signal, conversation);
      resolve(reply);
    });
    this.#underway.add(conversation);
    if (signal !== undefined) this.#cancellation.add(signal, conversation);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const conversation of this.#underway) conversation.cancel();
    for (const channel of this.#channels.values()) channel.retire();
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  channelTo(peer: PeerAddress, address: string): PeerChannel {
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
