interface Cancellable {
  cancel(): void;
}

/**
 * Cancels requests when the signal they came with aborts. A daemon gives all of its requests the same signal, so
 * there is one listener for each signal, as long as the signal lives, instead of one to add and remove each time.
 */
export class Cancellation {
  readonly #underway = new WeakMap<AbortSignal, Set<Cancellable>>();

  add(signal: AbortSignal, request: Cancellable): void {
    const known = this.#underway.get(signal);
    if (known !== undefined) {
      known.add(request);
      return;
    }
    const requests = new Set([request]);
    this.#underway.set(signal, requests);
    signal.addEventListener('abort', () => {
      for (const each of requests) each.cancel();
    });
  }

  remove(signal: AbortSignal, request: Cancellable): void {
    this.#underway.get(signal)?.delete(request);
  }
}
