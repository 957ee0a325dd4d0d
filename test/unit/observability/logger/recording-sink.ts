import type { LogLevel } from '../../../../src/domain/log-level.ts';
import type { LogSink } from '../../../../src/observability/logger/log-sink.ts';

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
