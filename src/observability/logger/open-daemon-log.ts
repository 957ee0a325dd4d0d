import type { Writable } from 'node:stream';
import { type LogLevel, parseLogLevel } from '../../domain/log-level.ts';
import type { DaemonLog, LogDestination } from '../../ports/logger.ts';
import { createLogger } from './create-logger.ts';
import { clientText, daemonText, type LogEncoder } from './encoders.ts';
import { openFileSink } from './file-sink.ts';
import type { LogSink } from './log-sink.ts';
import { createStreamSink, journalPrefix, leadsToJournal } from './stream-sink.ts';
import { createSyslogSink } from './syslog-sink.ts';

export interface DaemonLogOptions extends LogDestination {
  /** Name of the program in syslog. */
  readonly program: string;
  readonly terse?: boolean;
  /** Replaces repmgr's text lines, for example by JSON; syslog lines stay text. */
  readonly encoder?: LogEncoder;
  readonly stderr?: Writable & { readonly fd?: number };
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens the log of a daemon: syslog if `facility` names one, else `file` if there is one, else standard error,
 * there with priorities if it leads to systemd's journal.
 * @throws ConfigurationError when the file cannot be opened
 */
export function openDaemonLog(options: DaemonLogOptions): DaemonLog {
  const { encoder = daemonText, terse = false } = options;
  const open = sinkOpener(options);
  let current = open(options);
  const logger = createLogger({ ...formOf(options, encoder), sink: current.sink, terse });
  return {
    ...logger,
    apply: (destination) => {
      const previous = current;
      if (keyOf(destination) === previous.key) previous.sink.reopen?.();
      else current = open(destination);
      logger.adjust({ ...formOf(destination, encoder), sink: current.sink });
      if (current !== previous) void previous.sink.close();
    },
    close: () => current.sink.close(),
  };
}

interface OpenSink {
  /** Destinations with the same key share a sink. */
  readonly key: string;
  readonly sink: LogSink;
}

function sinkOpener(options: DaemonLogOptions): (destination: LogDestination) => OpenSink {
  const { program, stderr = process.stderr, environment = process.env } = options;
  const isJournal = 'fd' in stderr && stderr.fd !== undefined && leadsToJournal(stderr.fd, environment);
  const standardError = createStreamSink({
    stream: stderr,
    ...(isJournal ? { prefix: journalPrefix } : {}),
  });
  return (destination) => {
    const key = keyOf(destination);
    const { facility, file } = destination;
    if (isSyslog(destination)) {
      return { key, sink: createSyslogSink({ facility, tag: program, fallback: standardError }) };
    }
    return { key, sink: file === '' ? standardError : openFileSink(file) };
  };
}

function formOf(
  destination: LogDestination,
  encoder: LogEncoder,
): { readonly threshold: LogLevel; readonly encoder: LogEncoder } {
  // Syslog has its own time.
  return {
    threshold: thresholdOf(destination),
    encoder: isSyslog(destination) ? clientText({ colour: false }) : encoder,
  };
}

function thresholdOf({ level }: LogDestination): LogLevel {
  return parseLogLevel(level) ?? 'info';
}

function isSyslog({ facility }: LogDestination): boolean {
  return /^(LOCAL[0-7]|USER)$/.test(facility);
}

function keyOf(destination: LogDestination): string {
  return isSyslog(destination) ? `syslog ${destination.facility}` : `file ${destination.file}`;
}
