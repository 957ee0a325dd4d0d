/** Lets one line per id and interval through. */
export interface RepeatLimiter {
  /** Whether the line with this id is due; saying so counts as writing it. */
  isDue(limit: { readonly id: string; readonly intervalMs: number }): boolean;
}

/** @param monotonicMs a clock that never goes back */
export function createRepeatLimiter(monotonicMs: () => number): RepeatLimiter {
  const writtenAtMs = new Map<string, number>();
  return {
    isDue: ({ id, intervalMs }) => {
      const now = monotonicMs();
      const before = writtenAtMs.get(id);
      if (before !== undefined && now - before < intervalMs) return false;
      writtenAtMs.set(id, now);
      return true;
    },
  };
}
