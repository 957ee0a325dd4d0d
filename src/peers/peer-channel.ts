import { connect, type LookupFunction, type Socket } from 'node:net';
import type { PeerAddress } from '../ports/peer-network.ts';
import { openingRequest, readAcceptance } from './channel-opening.ts';
import { describePeer, type Failed, failed, notARepmgrd, unreachable } from './failed-reply.ts';
import { FrameReader } from './frame-reader.ts';
import { type ReceivedFrame, readReplyFrame, setId } from './frames.ts';
import type { Hello } from './wire-format.ts';

/**
 * A connection that leaves a request unanswered for so long gets no new ones. After a partition TCP is silent for
 * long (it backs off), and a new connection works at once.
 */
const silenceMs = 200;
const readBufferBytes = 16_384;
const nothing = Buffer.alloc(0);

/** A request as its connection sees it. Exactly one of `onReply` and `onLost` is called, unless it is given up. */
export interface ChannelRequest {
  /** The signed frame; asked for when the other end has introduced itself. */
  frame(hello: Hello): Buffer;
  /** The bytes of the frame, which isn't verified, are good only during the call. */
  onReply(frame: ReceivedFrame): void;
  /** `isBroken`: the connection ended before anything was answered. */
  onLost(failure: Failed, isBroken: boolean): void;
}

/** A request on its way. */
export interface Underway {
  readonly id: number;
  readonly request: ChannelRequest;
  readonly begunAtMs: number;
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
  readonly #where: string;
  readonly #reader = new FrameReader();
  readonly #underway = new Map<number, Underway>();
  readonly #socket: Socket;
  #opening = nothing;
  #hello: Hello | undefined;
  #error: Error | undefined;
  #lastId = 0;
  #hasAnswered = false;
  #isRetired = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#where = describePeer(options.peer);
    this.#socket = this.#connect();
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

  begin(request: ChannelRequest, nowMs: number): Underway {
    this.#lastId = (this.#lastId + 1) % 0x1_0000_0000;
    const underway = { id: this.#lastId, request, begunAtMs: nowMs };
    this.#underway.set(underway.id, underway);
    if (this.#underway.size === 1) this.#socket.ref();
    if (this.#hello !== undefined) this.#send(underway, this.#hello);
    return underway;
  }

  /** Nobody waits for it any more; the connection goes on. */
  giveUp({ id }: Underway): void {
    if (this.#underway.delete(id)) this.#rest();
  }

  /** What is under way may end; nothing new is accepted. */
  retire(): void {
    this.#isRetired = true;
    if (this.#underway.size === 0) this.#socket.destroy();
  }

  #connect(): Socket {
    const { peer, lookup, idleMs } = this.#options;
    const socket = connect({
      host: peer.host,
      port: peer.port,
      lookup,
      noDelay: true,
      // A buffer for all reads spares an allocation and the machinery of streams for each.
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBufferBytes),
        callback: (length, buffer) => {
          this.#receive(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    socket.on('connect', () => {
      socket.write(openingRequest(peer));
      socket.setTimeout(idleMs);
    });
    socket.on('timeout', () => {
      if (this.#underway.size === 0) this.retire();
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => this.#closed(this.#describeEnd(), true));
    return socket;
  }

  #send({ id, request }: Underway, hello: Hello): void {
    const frame = request.frame(hello);
    setId(frame, id);
    this.#socket.write(frame);
  }

  #receive(chunk: Buffer): void {
    if (this.#socket.destroyed) return;
    const frames = this.#hello === undefined ? this.#open(chunk) : chunk;
    if (frames.length === 0) return;
    for (const bytes of this.#reader.push(frames)) {
      const reply = readReplyFrame(bytes);
      if (reply === undefined) return this.#refuseGarbage();
      const underway = this.#underway.get(reply.id);
      // Given up meanwhile.
      if (underway === undefined) continue;
      this.#hasAnswered = true;
      this.#underway.delete(reply.id);
      underway.request.onReply(reply);
    }
    if (this.#reader.isBroken) this.#refuseGarbage();
    else this.#rest();
  }

  /** Reads the server's agreement to the switch and returns the frames behind it. */
  #open(chunk: Buffer): Buffer {
    const opening = Buffer.concat([this.#opening, chunk]);
    this.#opening = opening;
    const acceptance = readAcceptance(opening);
    if (acceptance.kind === 'incomplete') return nothing;
    this.#opening = nothing;
    if (acceptance.kind === 'foreign') {
      this.#closed(notARepmgrd(this.#where), false);
      this.#socket.destroy();
      return nothing;
    }
    this.#hello = acceptance.hello;
    for (const underway of this.#underway.values()) this.#send(underway, acceptance.hello);
    return opening.subarray(acceptance.headBytes);
  }

  #refuseGarbage(): void {
    const message = `unusable reply from ${this.#where}: not a frame, or one that is too long`;
    this.#closed(failed('protocol', message), false);
    this.#socket.destroy();
  }

  /** Without a request nothing holds the process up, and one that isn't good for more is closed. */
  #rest(): void {
    if (this.#underway.size > 0) return;
    if (this.#isRetired || this.#hello === undefined) this.retire();
    else this.#socket.unref();
  }

  #describeEnd(): Failed {
    if (this.#error !== undefined) return unreachable(this.#where, this.#error);
    if (this.#hello === undefined || this.#reader.isIncomplete || this.#hasAnswered)
      return failed('refused', `could not reach ${this.#where}: the connection ended before the reply`);
    return failed(
      'unauthenticated',
      `${this.#where} closed the connection instead of answering; does that node have the same cluster key?`,
    );
  }

  #closed(failure: Failed, isBroken: boolean): void {
    this.#isRetired = true;
    const lost = [...this.#underway.values()];
    this.#underway.clear();
    this.#options.onClosed(this);
    for (const { request } of lost) request.onLost(failure, isBroken);
  }
}
