import type { Facts } from '../domain/errors/repmgr-error.ts';

/** repmgr's levels, lowest first. */
export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency';

export interface LogExtras {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly facts?: Facts | undefined;
}

export interface LogRecord extends LogExtras {
  readonly level: LogLevel;
  readonly message: string;
}

/** Where messages for people go: standard error of the command line, the log of the daemon. */
export interface Logger {
  log(record: LogRecord): void;
  debug(message: string, extras?: LogExtras): void;
  info(message: string, extras?: LogExtras): void;
  notice(message: string, extras?: LogExtras): void;
  warning(message: string, extras?: LogExtras): void;
  error(message: string, extras?: LogExtras): void;
}
