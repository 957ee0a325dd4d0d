import type { LookupFunction, Socket } from 'node:net';
import type { PeerAddress } from '../ports/peer-network.ts';
import { FrameReader } from './frame-reader.ts';
import { type ReceivedFrame, readReplyFrame, setId } from './frames.ts';
import { describeError, describePeer, type Failed, failed, openChannel } from './open-channel.ts';
import type { EndOfPatience, RequestDeadline } from './request-deadline.ts';
import type { Hello } from './wire-format.ts';

/**
 * A connection that leaves a request unanswered for so long gets no new ones. After a partition TCP is silent for
 * long (it backs off), and a new connection works at once.
 */
const silenceMs = 200;

export interface ChannelRequest {
  /** The signed frame; asked for when the other end has introduced itself. */
  readonly frame: (hello: Hello) => Buffer;
  readonly deadline: RequestDeadline;
}

export type Exchange =
  | { readonly kind: 'reply'; readonly reply: ReceivedFrame; readonly roundTripMs: number }
  /** `isBroken`: the connection ended before anything was answered. */
  | (Failed & { readonly isBroken: boolean });

interface Underway extends ChannelRequest {
  readonly begunAtMs: number;
  readonly resolve: (exchange: Exchange) => void;
}

export interface ChannelOptions {
  readonly peer: PeerAddress;
  readonly lookup: LookupFunction;
  /** How long it is kept without a request. */
  readonly idleMs: number;
  readonly onClosed: (channel: PeerChannel) => void;
}

/** One connection to a daemon with any number of requests under way. Opens when made, closes when of no more use. */
export class PeerChannel {
  readonly #options: ChannelOptions;
  readonly #reader = new FrameReader();
  readonly #underway = new Map<number, Underway>();
  readonly #giveUpOpening: () => void;
  #socket: Socket | undefined;
  #hello: Hello | undefined;
  #error: Error | undefined;
  #lastId = 0;
  #hasAnswered = false;
  #isRetired = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#giveUpOpening = openChannel(options.peer, options.lookup, {
      onOpen: (socket, hello, head) => this.#open(socket, hello, head),
      onFailed: (failure) => this.#closed(failure),
    });
  }

  /** Something has been answered on it before. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Whether a new request may be given to it. */
  accepts(nowMs: number): boolean {
    if (this.#isRetired) return false;
    for (const oldest of this.#underway.values()) return nowMs - oldest.begunAtMs < silenceMs;
    return true;
  }

  /** What is under way may end; nothing new is accepted. */
  retire(): void {
    this.#isRetired = true;
    if (this.#underway.size === 0) this.#destroy();
  }

  /** One request and its reply, which isn't verified. Never rejects. */
  exchange(request: ChannelRequest): Promise<Exchange> {
    return new Promise((resolve) => {
      this.#lastId = (this.#lastId + 1) % 0x1_0000_0000;
      const id = this.#lastId;
      this.#underway.set(id, { ...request, resolve, begunAtMs: performance.now() });
      if (this.#underway.size === 1) this.#socket?.ref();
      request.deadline.onExpiry((why) => this.#giveUp(id, why));
      if (this.#hello !== undefined && this.#underway.has(id)) this.#send(id, request, this.#hello);
    });
  }

  #open(socket: Socket, hello: Hello, head: Buffer): void {
    this.#socket = socket;
    this.#hello = hello;
    socket.setTimeout(this.#options.idleMs);
    socket.on('timeout', () => {
      if (this.#underway.size === 0) this.#destroy();
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => this.#closed(this.#describeEnd()));
    socket.on('data', (chunk) => this.#receive(chunk));
    for (const [id, request] of this.#underway) this.#send(id, request, hello);
    if (head.length > 0) this.#receive(head);
  }

  #send(id: number, request: ChannelRequest, hello: Hello): void {
    const frame = request.frame(hello);
    setId(frame, id);
    this.#socket?.write(frame);
  }

  #receive(chunk: Buffer): void {
    for (const bytes of this.#reader.push(chunk)) {
      const reply = readReplyFrame(bytes);
      if (reply === undefined) return this.#refuseGarbage();
      const waiting = this.#underway.get(reply.id);
      // Given up meanwhile.
      if (waiting === undefined) continue;
      this.#hasAnswered = true;
      this.#underway.delete(reply.id);
      waiting.resolve({ kind: 'reply', reply, roundTripMs: performance.now() - waiting.begunAtMs });
    }
    if (this.#reader.isBroken) this.#refuseGarbage();
    else this.#rest();
  }

  #refuseGarbage(): void {
    const where = describePeer(this.#options.peer);
    this.#closed(failed('protocol', `unusable reply from ${where}: not a frame, or one that is too long`));
    this.#destroy();
  }

  #giveUp(id: number, why: EndOfPatience): void {
    const waiting = this.#underway.get(id);
    if (waiting === undefined) return;
    const where = describePeer(this.#options.peer);
    const message = why === 'timeout' ? `no answer from ${where} in time` : `request to ${where} given up`;
    this.#underway.delete(id);
    waiting.resolve({ ...failed(why, message), isBroken: false });
    if (why === 'timeout') this.#isRetired = true;
    this.#rest();
  }

  /** Without a request nothing holds the process up, and one that isn't good for more is closed. */
  #rest(): void {
    if (this.#underway.size > 0) return;
    if (this.#isRetired || this.#socket === undefined) this.#destroy();
    else this.#socket.unref();
  }

  #describeEnd(): Failed {
    const { peer } = this.#options;
    if (this.#error !== undefined) return describeError(peer, this.#error);
    if (this.#reader.isIncomplete || this.#hasAnswered)
      return failed(
        'refused',
        `could not reach ${describePeer(peer)}: the connection ended before the reply`,
      );
    return failed(
      'unauthenticated',
      `${describePeer(peer)} closed the connection instead of answering; does that node have the same cluster key?`,
    );
  }

  #closed(failure: Failed): void {
    this.#isRetired = true;
    const isBroken = failure.reason !== 'protocol';
    const waiting = [...this.#underway.values()];
    this.#underway.clear();
    this.#options.onClosed(this);
    for (const { resolve } of waiting) resolve({ ...failure, isBroken });
  }

  #destroy(): void {
    this.#isRetired = true;
    if (this.#socket === undefined) this.#giveUpOpening();
    else this.#socket.destroy();
    this.#options.onClosed(this);
  }
}
