/** Enough for what a healthy server has begun, so that nobody has to guess whether it was done. */
const graceMs = 1_000;

/**
 * Calls `giveUp` a moment after `signal` aborts, unless the returned function is called before. A signal that has
 * aborted already counts for nothing: what is done after an interruption is tidying up, and that must not end.
 */
export function whenInterrupted(signal: AbortSignal | undefined, giveUp: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(giveUp, graceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  };
}
