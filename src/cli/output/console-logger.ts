import type { LogExtras, Logger, LogLevel, LogRecord } from '../../ports/logger.ts';
import type { TextSink } from './output.ts';

const order: readonly LogLevel[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

export interface ConsoleLoggerOptions {
  readonly sink: TextSink;
  readonly level: LogLevel;
  /** Leaves out DETAIL and HINT. */
  readonly terse: boolean;
}

/** Messages as `LEVEL: text` with DETAIL and HINT lines below. */
export function createConsoleLogger({ sink, level, terse }: ConsoleLoggerOptions): Logger {
  const log = (record: LogRecord): void => {
    if (order.indexOf(record.level) < order.indexOf(level)) return;
    sink.write(render(record, terse));
  };
  const at =
    (messageLevel: LogLevel) =>
    (message: string, extras: LogExtras = {}): void =>
      log({ level: messageLevel, message, ...extras });
  return {
    log,
    debug: at('debug'),
    info: at('info'),
    notice: at('notice'),
    warning: at('warning'),
    error: at('error'),
  };
}

function render(record: LogRecord, terse: boolean): string {
  const lines = [`${record.level.toUpperCase()}: ${record.message}`];
  if (!terse && record.detail !== undefined) lines.push(`DETAIL: ${record.detail}`);
  if (!terse && record.hint !== undefined) lines.push(`HINT: ${record.hint}`);
  return `${lines.join('\n')}\n`;
}

const levelOfName: Readonly<Record<string, LogLevel>> = {
  DEBUG: 'debug',
  INFO: 'info',
  NOTICE: 'notice',
  WARNING: 'warning',
  ERROR: 'error',
  ALERT: 'alert',
  CRIT: 'critical',
  EMERG: 'emergency',
};

/** Level for a name as in repmgr.conf and -L; undefined when there is none. */
export function logLevelNamed(name: string): LogLevel | undefined {
  return levelOfName[name.toUpperCase()];
}

/** The more talkative of the two. */
export function moreVerbose(a: LogLevel, b: LogLevel): LogLevel {
  return order.indexOf(a) < order.indexOf(b) ? a : b;
}
