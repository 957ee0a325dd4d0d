import { closeSync, openSync, write } from 'node:fs';
import { ConfigurationError } from '../../domain/errors/repmgr-error.ts';
import type { LogLevel } from '../../domain/log-level.ts';
import { CLOSE_LIMIT_MS, type LogSink, MOST_PENDING_BYTES, noteOfLoss, within } from './log-sink.ts';

/**
 * Appends to a file. Writing happens beside the event loop, so that a frozen disk does not hold up the daemon;
 * lines that cannot be written (disk full) are counted, and the count is written when that is over.
 * @throws ConfigurationError when the file cannot be opened
 */
export function openFileSink(path: string): Required<LogSink> {
  return new FileSink(path);
}

class FileSink implements Required<LogSink> {
  readonly #path: string;
  #descriptor: number;
  /** What the next write takes. */
  #pending: string[] = [];
  #pendingBytes = 0;
  #lost = 0;
  #writing = false;
  /** Opened by `reopen` while a write was under way on the old one. */
  #successor: number | undefined;
  #idle: (() => void)[] = [];
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openLog(path);
  }

  write(_level: LogLevel, lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    const bytes = Buffer.byteLength(text);
    // Not to be written: the number of a closed descriptor may by now be another file's.
    if (this.#isClosed) return;
    if (this.#pendingBytes + bytes > MOST_PENDING_BYTES) {
      this.#lost += lines.length;
      return;
    }
    this.#pending.push(text);
    this.#pendingBytes += bytes;
    this.#writeNext();
  }

  reopen(): void {
    const opened = openLog(this.#path);
    if (this.#successor !== undefined) closeSync(this.#successor);
    this.#successor = opened;
    if (!this.#writing) this.#succeed();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const idle = new Promise<void>((resolve) => {
      if (this.#writing) this.#idle.push(resolve);
      else resolve();
    });
    await within(CLOSE_LIMIT_MS, idle);
    // A write that is still under way on a frozen disk keeps its descriptor until the process ends.
    if (!this.#writing) closeSync(this.#descriptor);
  }

  #writeNext(): void {
    if (this.#writing) return;
    if (this.#pending.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    const lines = this.#pending.join('');
    const lost = this.#lost;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#lost = 0;
    this.#writing = true;
    this.#writeAll(Buffer.from(lost === 0 ? lines : `${noteOfLoss(lost)}\n${lines}`), lost);
  }

  #writeAll(chunk: Buffer, lostBefore: number): void {
    write(this.#descriptor, chunk, 0, chunk.length, null, (error, written) => {
      if (error === null && written < chunk.length) {
        this.#writeAll(chunk.subarray(written), 0);
        return;
      }
      if (error !== null) this.#lost += lostBefore + countLines(chunk);
      this.#writing = false;
      this.#succeed();
      this.#writeNext();
    });
  }

  #succeed(): void {
    if (this.#successor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = this.#successor;
    this.#successor = undefined;
  }
}

function countLines(chunk: Buffer): number {
  return chunk.toString().split('\n').length - 1;
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o640);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`could not open log file "${path}": ${reason}`, {
      cause,
      hint: 'Create its folder and make it writable for the user that runs repmgrd, or correct "log_file".',
      facts: { file: path },
    });
  }
}
