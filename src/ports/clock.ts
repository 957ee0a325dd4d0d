export interface Clock {
  /** Milliseconds of a clock that never goes back and counts suspend where the platform can. */
  monotonicMs(): number;
  /** Wall-clock time, only for people: logs and events, never for a decision. */
  wallTime(): Date;
  /** Resolves after `ms`; rejects with Cancelled when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
