export type EndOfPatience = 'timeout' | 'cancelled';

/**
 * One limit for everything that belongs to a request, the connection included. Ends once: by time, by the
 * caller's signal, or by `cancel`. `end` frees timer and listener.
 */
export class RequestDeadline {
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #cancel = (): void => this.cancel();
  #expired: EndOfPatience | undefined;
  #onExpiry: ((why: EndOfPatience) => void) | undefined;

  constructor(timeoutMs: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => this.#expire('timeout'), Math.max(0, timeoutMs));
    outer?.addEventListener('abort', this.#cancel);
    if (outer?.aborted) this.cancel();
  }

  /** `run` is called when patience ends, at once if it has ended; it replaces the one given before. */
  onExpiry(run: (why: EndOfPatience) => void): void {
    this.#onExpiry = run;
    if (this.#expired !== undefined) run(this.#expired);
  }

  cancel(): void {
    this.#expire('cancelled');
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#cancel);
    this.#onExpiry = undefined;
  }

  #expire(why: EndOfPatience): void {
    if (this.#expired !== undefined) return;
    this.#expired = why;
    this.#onExpiry?.(why);
  }
}
