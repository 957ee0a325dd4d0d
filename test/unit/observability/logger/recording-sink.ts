import type { LogSink } from '../../../../src/observability/logger/log-sink.ts';
import type { LogLevel } from '../../../../src/ports/logger.ts';

export interface RecordingSink extends LogSink {
  readonly written: (readonly [LogLevel, readonly string[]])[];
}

export function recordingSink(): RecordingSink {
  const written: (readonly [LogLevel, readonly string[]])[] = [];
  return {
    written,
    write: (level, lines) => void written.push([level, lines]),
    close: async () => undefined,
  };
}
