import type { Clock } from '../ports/clock.ts';

export interface WaitOptions {
  readonly clock: Clock;
  /** Pause between two looks. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Looks until `probe` returns something other than undefined, at once and then every `intervalMs`.
 * Resolves with undefined when the time is over; the last look is never before the deadline.
 * @throws Cancelled when the signal aborts, and whatever `probe` throws.
 */
export async function waitUntil<T>(
  options: WaitOptions,
  probe: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { clock, intervalMs, timeoutMs, signal } = options;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const result = await probe();
    if (result !== undefined) return result;
    const leftMs = deadlineMs - clock.monotonicMs();
    if (leftMs <= 0) return undefined;
    await clock.sleep(Math.min(intervalMs, leftMs), signal);
  }
}
