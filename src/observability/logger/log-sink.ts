import type { LogLevel } from '../../domain/log-level.ts';

/** Takes encoded lines to where they are kept. It never throws and never blocks on a slow reader or disk. */
export interface LogSink {
  /** Lines of one record, without newlines. */
  write(level: LogLevel, lines: readonly string[]): void;
  /** Resolves when everything is written, or when it can't be within {@link CLOSE_LIMIT_MS}. */
  close(): Promise<void>;
  /**
   * Present where a file can be moved away (log rotation): opens it anew under its name.
   * @throws ConfigurationError when that fails; lines then go on to the old file
   */
  reopen?(): void;
}

export const CLOSE_LIMIT_MS = 2_000;

/** What a sink holds back for a slow reader; beyond it lines are counted and dropped. */
export const MOST_PENDING_BYTES = 1_048_576;

/** The line that takes the place of dropped ones. */
export function noteOfLoss(count: number): string {
  return `(${count} ${count === 1 ? 'line' : 'lines'} of this log could not be written)`;
}

/** The promise, or nothing after `limitMs`. */
export async function within(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
