import type { Socket } from 'node:net';
import { FrameReader } from './frame-reader.ts';
import { type ReceivedFrame, readRequestFrame } from './frames.ts';

export interface ChannelLimits {
  /** How long a connection may say nothing before its first authentic request. */
  readonly unprovenMs: number;
  /** The same afterwards; more than a client keeps a connection without use. */
  readonly idleMs: number;
  /** How long a frame may take to arrive. */
  readonly incompleteMs: number;
  /** Requests under way above which no more are read. */
  readonly maxUnderway: number;
}

export const channelLimits: ChannelLimits = {
  unprovenMs: 10_000,
  idleMs: 60_000,
  incompleteMs: 10_000,
  maxUnderway: 128,
};

/** The reply to a request, or undefined if it isn't authentic. The promise must not reject. */
export type Answering = (frame: ReceivedFrame) => Promise<Buffer> | undefined;

/**
 * The server's end of one connection that was switched to frames. What isn't an authentic request ends it without a
 * word; its memory is bounded by one frame and by not reading while too much is under way or not taken.
 */
export class ServedChannel {
  readonly #socket: Socket;
  readonly #answer: Answering;
  readonly #onProven: () => void;
  readonly #limits: ChannelLimits;
  readonly #reader = new FrameReader();
  #incomplete: NodeJS.Timeout | undefined;
  #underway = 0;
  #isProven = false;
  #isFinishing = false;

  constructor(
    socket: Socket,
    on: { readonly answer: Answering; readonly proven: () => void },
    limits: ChannelLimits = channelLimits,
  ) {
    this.#socket = socket;
    this.#answer = on.answer;
    this.#onProven = on.proven;
    this.#limits = limits;
    socket.setTimeout(limits.unprovenMs);
    socket.on('timeout', () => this.#onSilence());
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => clearTimeout(this.#incomplete));
    socket.on('drain', () => this.#readOn());
    socket.on('data', (chunk) => this.receive(chunk));
  }

  /** Takes bytes that came from the connection. */
  receive(chunk: Buffer): void {
    if (this.#isFinishing) return;
    const wasIncomplete = this.#reader.isIncomplete;
    const frames = this.#reader.push(chunk);
    for (const bytes of frames) {
      if (!this.#serve(bytes)) {
        this.destroy();
        return;
      }
    }
    if (this.#reader.isBroken) this.destroy();
    else if (this.#reader.isIncomplete !== wasIncomplete || frames.length > 0) this.#watchIncomplete();
  }

  /** Takes no more requests and closes the connection when those under way are answered. */
  finish(): void {
    this.#isFinishing = true;
    if (this.#underway === 0) this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #serve(bytes: Buffer): boolean {
    const frame = readRequestFrame(bytes);
    const reply = frame && this.#answer(frame);
    if (reply === undefined) return false;
    if (!this.#isProven) {
      this.#isProven = true;
      this.#socket.setTimeout(this.#limits.idleMs);
      this.#onProven();
    }
    this.#underway += 1;
    void reply.then((answer) => this.#send(answer));
    if (this.#isOverloaded()) this.#socket.pause();
    return true;
  }

  #send(reply: Buffer): void {
    this.#underway -= 1;
    if (this.#socket.destroyed) return;
    this.#socket.write(reply);
    if (this.#isFinishing) this.finish();
    else this.#readOn();
  }

  #isOverloaded(): boolean {
    return this.#underway >= this.#limits.maxUnderway || this.#socket.writableNeedDrain;
  }

  #readOn(): void {
    if (this.#socket.isPaused() && !this.#isOverloaded()) this.#socket.resume();
  }

  #onSilence(): void {
    if (this.#underway === 0 || this.#socket.writableNeedDrain) this.destroy();
    else this.#socket.setTimeout(this.#limits.idleMs);
  }

  #watchIncomplete(): void {
    clearTimeout(this.#incomplete);
    this.#incomplete = this.#reader.isIncomplete
      ? setTimeout(() => this.destroy(), this.#limits.incompleteMs)
      : undefined;
  }
}
