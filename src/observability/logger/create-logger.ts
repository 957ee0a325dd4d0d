import { isLogged, type LogLevel } from '../../domain/log-level.ts';
import type { LogExtras, Logger, LogRecord } from '../../ports/logger.ts';
import type { LogEncoder } from './encoders.ts';
import type { LogSink } from './log-sink.ts';
import { createRepeatLimiter } from './repeat-limiter.ts';

export interface LoggerOptions {
  /** Nothing below this level is written. */
  readonly threshold: LogLevel;
  readonly encoder: LogEncoder;
  readonly sink: LogSink;
  /** Leaves out details and hints. */
  readonly terse?: boolean;
  readonly clock?: LoggerClock;
}

export interface LoggerClock {
  wallTime(): Date;
  monotonicMs(): number;
}

/** A logger that can be told while it runs to write other levels, in another form, to another place. */
export interface AdjustableLogger extends Logger {
  adjust(changes: Partial<Pick<LoggerOptions, 'threshold' | 'encoder' | 'sink'>>): void;
}

const systemClock: LoggerClock = {
  wallTime: () => new Date(),
  monotonicMs: () => performance.now(),
};

export function createLogger({
  terse = false,
  clock = systemClock,
  ...initial
}: LoggerOptions): AdjustableLogger {
  let { threshold, encoder, sink } = initial;
  const limiter = createRepeatLimiter(() => clock.monotonicMs());

  const log = (record: LogRecord): void => {
    if (!isLogged(record.level, threshold)) return;
    if (record.atMostEvery !== undefined && !limiter.isDue(record.atMostEvery)) return;
    sink.write(record.level, encoder(terse ? withoutContinuation(record) : record, clock.wallTime()));
  };
  const at =
    (level: LogLevel) =>
    (message: string, extras: LogExtras = {}): void =>
      log({ ...extras, level, message });

  return {
    log,
    debug: at('debug'),
    info: at('info'),
    notice: at('notice'),
    warning: at('warning'),
    error: at('error'),
    adjust: (changes) => {
      ({ threshold, encoder, sink } = { threshold, encoder, sink, ...changes });
    },
  };
}

function withoutContinuation({ level, message, facts }: LogRecord): LogRecord {
  return { level, message, facts };
}
