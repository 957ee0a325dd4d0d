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
  /** Messages below it are left out; named as in repmgr.conf. */
  readonly level: string;
  /** Leaves out DETAIL and HINT. */
  readonly terse: boolean;
}

/** Messages as `LEVEL: text` with DETAIL and HINT lines below. */
export function createConsoleLogger({ sink, level, terse }: ConsoleLoggerOptions): Logger {
  const lowest = order.indexOf(levelNamed(level));
  const log = (record: LogRecord): void => {
    if (order.indexOf(record.level) < lowest) return;
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

const levelOfName: ReadonlyMap<string, LogLevel> = new Map([
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['NOTICE', 'notice'],
  ['WARNING', 'warning'],
  ['ERROR', 'error'],
  ['ALERT', 'alert'],
  ['CRIT', 'critical'],
  ['EMERG', 'emergency'],
]);

/** A level by its name in repmgr.conf and after -L; INFO for one that does not exist. */
function levelNamed(name: string): LogLevel {
  return levelOfName.get(name.toUpperCase()) ?? 'info';
}

/** The level, or INFO where that shows more. */
export function atLeastInfo(name: string): string {
  return order.indexOf(levelNamed(name)) > order.indexOf('info') ? 'INFO' : name;
}
