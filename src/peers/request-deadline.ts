export type EndOfPatience = 'timeout' | 'cancelled';

/** One limit for everything that belongs to a request, the connection included. */
export interface RequestDeadline {
  readonly signal: AbortSignal;
  /** Why the request was given up; undefined while it may go on. */
  expired(): EndOfPatience | undefined;
  cancel(): void;
  /** Frees timer and listener; to be called once the request is over. */
  end(): void;
}

/**
 * Listens to the caller's signal itself: AbortSignal.any keeps every dependent signal of a long-lived one
 * in memory on Node.js 20.
 */
export function startDeadline(timeoutMs: number, outer?: AbortSignal): RequestDeadline {
  const controller = new AbortController();
  let reason: EndOfPatience | undefined;
  const expire = (why: EndOfPatience): void => {
    reason ??= why;
    controller.abort();
  };
  const timer = setTimeout(() => expire('timeout'), Math.max(0, timeoutMs));
  const cancel = (): void => expire('cancelled');
  if (outer?.aborted) cancel();
  outer?.addEventListener('abort', cancel);
  return {
    signal: controller.signal,
    expired: () => reason,
    cancel,
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', cancel);
    },
  };
}
