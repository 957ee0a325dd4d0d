import type { Writable } from 'node:stream';
import { parseLogLevel } from '../../domain/log-level.ts';
import type { Logger } from '../../ports/logger.ts';
import { wantsColour } from '../wants-colour.ts';
import { createLogger } from './create-logger.ts';
import { clientText } from './encoders.ts';
import { createStreamSink } from './stream-sink.ts';

export interface ConsoleLogOptions {
  /** Messages below it are left out; named as in repmgr.conf, INFO for one that does not exist. */
  readonly level: string;
  /** Leaves out details and hints. */
  readonly terse: boolean;
  readonly stream?: Writable & { readonly isTTY?: boolean };
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Messages of the command line for people: on standard error, in colour where a terminal shows them. */
export function openConsoleLog(options: ConsoleLogOptions): Logger {
  const { level, terse, stream = process.stderr, environment = process.env } = options;
  return createLogger({
    threshold: parseLogLevel(level) ?? 'info',
    encoder: clientText({ colour: wantsColour(stream, environment) }),
    sink: createStreamSink({ stream }),
    terse,
  });
}
