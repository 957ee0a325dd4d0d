/** The time allowed for a step has passed. */
export class TimeLimitPassed extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no answer within ${Math.round(limitMs)} ms`);
    this.name = 'TimeLimitPassed';
    this.limitMs = limitMs;
  }
}

export interface Limit {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a step with a signal that aborts when the time has passed or the outer signal aborts; the reason of
 * the abort then replaces whatever error the step ends with. A step that doesn't heed the signal is left behind.
 * @throws TimeLimitPassed, the outer signal's reason, or the error of the step.
 */
export async function withinLimit<T>(limit: Limit, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  // AbortSignal.any would do, but in Node 20 it leaks when the outer signal lives long.
  const onAbort = (): void => controller.abort(limit.signal?.reason);
  const timer = setTimeout(() => controller.abort(new TimeLimitPassed(limit.timeoutMs)), limit.timeoutMs);
  limit.signal?.addEventListener('abort', onAbort);
  if (limit.signal?.aborted === true) onAbort();
  try {
    controller.signal.throwIfAborted();
    return await abortable(run(controller.signal), controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    limit.signal?.removeEventListener('abort', onAbort);
  }
}

/** Stops waiting for a promise that knows no signal when the signal aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
