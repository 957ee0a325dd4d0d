/** repmgr's levels, lowest first. */
export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency';

/** Syslog's severities (RFC 5424, 6.2.1); the lower, the graver. */
const severities: Readonly<Record<LogLevel, number>> = {
  emergency: 0,
  alert: 1,
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

const namedLevels: ReadonlyMap<string, LogLevel> = new Map([
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['NOTICE', 'notice'],
  ['WARNING', 'warning'],
  ['ERROR', 'error'],
  ['ALERT', 'alert'],
  ['CRIT', 'critical'],
  ['CRITICAL', 'critical'],
  ['EMERG', 'emergency'],
  ['EMERGENCY', 'emergency'],
]);

export function severityOf(level: LogLevel): number {
  return severities[level];
}

/** Whether a record of this level is written where nothing below `threshold` is. */
export function isLogged(level: LogLevel, threshold: LogLevel): boolean {
  return severities[level] <= severities[threshold];
}

/** The level with this name in repmgr.conf or after -L, in any case; undefined if there is none. */
export function parseLogLevel(name: string): LogLevel | undefined {
  return namedLevels.get(name.toUpperCase());
}
