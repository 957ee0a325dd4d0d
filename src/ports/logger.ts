import type { Facts } from '../domain/errors/repmgr-error.ts';
import type { LogLevel } from '../domain/log-level.ts';

export interface LogExtras {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly facts?: Facts | undefined;
  /** For lines that say "still waiting": left out when one with this id was written less than that ago. */
  readonly atMostEvery?: { readonly id: string; readonly intervalMs: number } | undefined;
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

/** Where a daemon logs to, in the words of repmgr.conf. */
export interface LogDestination {
  /** `log_level`, in any case. */
  readonly level: string;
  /** `log_facility`: STDERR, LOCAL0 to LOCAL7 or USER. */
  readonly facility: string;
  /** `log_file`; empty for standard error. */
  readonly file: string;
}

/** The log of a daemon: it lives through reloads of the configuration and rotations of its file. */
export interface DaemonLog extends Logger {
  /**
   * Logs there from now on. A file is opened anew also when nothing changed, so that it can be rotated.
   * @throws ConfigurationError when the file cannot be opened; then everything stays as it was
   */
  apply(destination: LogDestination): void;
  /** Resolves when all that was logged is written, or can't be within two seconds. */
  close(): Promise<void>;
}
