import { maxFrameBytes, minFrameBytes } from './frames.ts';

const lengthBytes = 4;
const firstCapacity = 1_024;
const nothing = Buffer.alloc(0);

/**
 * Cuts what a connection brings into frames. Holds at most one that isn't whole yet, in a buffer that grows with
 * what has really come, so that neither an announced length nor tiny pieces cost memory.
 */
export class FrameReader {
  #held = nothing;
  #heldBytes = 0;
  #isBroken = false;

  /** A length was announced that no frame has; nothing that follows can be read. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** A part of a frame has come, and the rest hasn't. */
  get isIncomplete(): boolean {
    return this.#heldBytes > 0;
  }

  /** The frames that are whole with this chunk, without their lengths; they may be parts of the chunk. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let at = 0;
    while (at < chunk.length && !this.#isBroken) {
      at = this.#heldBytes === 0 ? this.#takeWhole(chunk, at, frames) : this.#complete(chunk, at, frames);
    }
    return frames;
  }

  #takeWhole(chunk: Buffer, at: number, frames: Buffer[]): number {
    if (chunk.length - at >= lengthBytes) {
      const end = at + lengthBytes + this.#checked(chunk.readUInt32BE(at));
      if (this.#isBroken) return at;
      if (end <= chunk.length) {
        frames.push(chunk.subarray(at + lengthBytes, end));
        return end;
      }
    }
    this.#hold(chunk, at, chunk.length);
    return chunk.length;
  }

  /** Adds what the held frame lacks. */
  #complete(chunk: Buffer, at: number, frames: Buffer[]): number {
    const wanted = this.#heldBytes < lengthBytes ? lengthBytes : lengthBytes + this.#held.readUInt32BE(0);
    const end = Math.min(chunk.length, at + wanted - this.#heldBytes);
    this.#hold(chunk, at, end);
    if (this.#heldBytes === lengthBytes) this.#checked(this.#held.readUInt32BE(0));
    else if (this.#heldBytes === wanted) {
      frames.push(this.#held.subarray(lengthBytes, wanted));
      this.#release();
    }
    return end;
  }

  #checked(length: number): number {
    if (length >= minFrameBytes && length <= maxFrameBytes) return length;
    this.#isBroken = true;
    this.#release();
    return length;
  }

  #hold(chunk: Buffer, start: number, end: number): void {
    const needed = this.#heldBytes + end - start;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, firstCapacity, 2 * this.#held.length));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#heldBytes, start, end);
    this.#heldBytes = needed;
  }

  #release(): void {
    this.#held = nothing;
    this.#heldBytes = 0;
  }
}
