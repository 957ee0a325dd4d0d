import type { KeyObject } from 'node:crypto';
import type { PeerAddress, PeerReply } from '../ports/peer-network.ts';
import { type Failed, failed } from './failed-reply.ts';
import { encodeRequest, type ReceivedFrame } from './frames.ts';
import type { ChannelRequest, PeerChannel, Underway } from './peer-channel.ts';
import { readReply, type VerifiedReply } from './read-reply.ts';
import { signRequest } from './signing.ts';
import { type Hello, receiverName, statusRestarted } from './wire-format.ts';

/** Restarted since, and its replay memory emptied on arrival: more than that doesn't happen at once. */
const maxAttempts = 3;

/** What the requests of one network share. */
export interface Correspondent {
  readonly nodeId: number;
  readonly startId: string;
  /** Who listens at an address, as a signed reply has proven: start id and generation. */
  readonly receivers: Map<string, string>;
  nextSequence(): number;
  /** The connection for a new request. */
  channelTo(peer: PeerAddress, address: string): PeerChannel;
}

export interface Question {
  readonly peer: PeerAddress;
  /** The same for messages and as a key. */
  readonly address: string;
  readonly message: string;
  /** JSON. */
  readonly body: string;
  readonly key: KeyObject;
}

interface Sent {
  readonly frame: Buffer;
  readonly signature: Buffer;
  readonly receiver: string;
}

/**
 * One request of this node until it is answered: sent, and sent again where the connection or the receiver has a new
 * life, within one time limit for all of it. Without promises inside, as it runs several times a second.
 */
export class Conversation implements ChannelRequest {
  readonly #question: Question;
  readonly #correspondent: Correspondent;
  readonly #resolve: (reply: PeerReply) => void;
  readonly #timer: NodeJS.Timeout;
  #channel: PeerChannel;
  #underway: Underway;
  /** The connection was used before, so it may have been dead when this request was given to it. */
  #isReused = false;
  #sent: Sent | undefined;
  #attempts = 1;

  constructor(
    question: Question,
    correspondent: Correspondent,
    timeoutMs: number,
    resolve: (reply: PeerReply) => void,
  ) {
    this.#question = question;
    this.#correspondent = correspondent;
    this.#resolve = resolve;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, timeoutMs));
    this.#channel = correspondent.channelTo(question.peer, question.address);
    this.#isReused = this.#channel.hasAnswered;
    this.#underway = this.#channel.begin(this, performance.now());
  }

  /** The caller doesn't want the answer any more. */
  cancel(): void {
    this.#channel.giveUp(this.#underway);
    this.#end(failed('cancelled', `request to ${this.#question.address} given up`));
  }

  frame(hello: Hello): Buffer {
    this.#sent ??= this.#sign(hello);
    return this.#sent.frame;
  }

  onReply(frame: ReceivedFrame): void {
    const { key, address } = this.#question;
    const { receivers } = this.#correspondent;
    const reply = readReply(frame, this.#sent, key, address);
    if (reply.kind === 'failed') {
      this.#channel.retire();
      this.#end(reply);
      return;
    }
    receivers.set(address, reply.receiver);
    if (reply.status === statusRestarted && this.#attempts < maxAttempts) {
      this.#attempts += 1;
      this.#sent = undefined;
      this.#sendAgain();
    } else this.#end(toPeerReply(address, reply, performance.now() - this.#underway.begunAtMs));
  }

  /**
   * A kept connection whose other end has restarted breaks on first use: the very same bytes are sent once more
   * on a new one. If they had arrived after all, they are refused as a repetition.
   */
  onLost(failure: Failed, isBroken: boolean): void {
    if (!isBroken || !this.#isReused) {
      this.#end(failure);
      return;
    }
    this.#sendAgain();
    this.#isReused = false;
  }

  #sendAgain(): void {
    const { peer, address } = this.#question;
    this.#channel = this.#correspondent.channelTo(peer, address);
    this.#underway = this.#channel.begin(this, performance.now());
  }

  /** New requests don't go where this one waited in vain. */
  #expire(): void {
    this.#channel.retire();
    this.#channel.giveUp(this.#underway);
    this.#end(failed('timeout', `no answer from ${this.#question.address} in time`));
  }

  #end(reply: PeerReply): void {
    clearTimeout(this.#timer);
    this.#resolve(reply);
  }

  #sign(hello: Hello): Sent {
    const { nodeId, startId, receivers } = this.#correspondent;
    const { address, message, body, key } = this.#question;
    const receiver = receivers.get(address) ?? receiverName(hello.startId, hello.generation);
    const sequence = this.#correspondent.nextSequence();
    const fields = { senderNodeId: nodeId, senderStartId: startId, receiver, sequence, message };
    const frame = encodeRequest(fields, body);
    return { frame, signature: signRequest(key, frame), receiver };
  }
}

function toPeerReply(address: string, reply: VerifiedReply, roundTripMs: number): PeerReply {
  const { status, body, from } = reply;
  if (status >= 200 && status < 300) return { kind: 'answered', body, roundTripMs, from };
  const why = status === statusRestarted ? 'restarts all the time' : `answered status ${status}`;
  return { kind: 'failed', reason: 'protocol', message: `${address} ${why}`, status, body };
}
