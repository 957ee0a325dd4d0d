import type { Settings } from '../../src/config/settings.ts';
import { defaultSettings, type SettingName } from '../../src/config/settings.ts';
import type { OperationContext } from '../../src/operations/operation-context.ts';
import type { Adapters } from '../../src/ports/adapters.ts';
import type { LogRecord } from '../../src/ports/logger.ts';

/** An {@link OperationContext} that remembers what was logged. */
export interface FakeOperationContext extends OperationContext {
  readonly records: LogRecord[];
  readonly messages: () => string[];
}

export function operationContext(
  adapters: Adapters,
  given: Partial<Settings> = {},
  signal: AbortSignal = new AbortController().signal,
): FakeOperationContext {
  const records: LogRecord[] = [];
  const at =
    (level: LogRecord['level']) =>
    (message: string, extras = {}): void =>
      void records.push({ level, message, ...extras });
  const names = new Set(Object.keys(given) as SettingName[]);
  return {
    adapters,
    settings: {
      settings: { ...defaultSettings(), node_id: 1, node_name: 'node1', ...given },
      isSet: (name) => names.has(name),
      configFile: '/etc/repmgr.conf',
      warnings: [],
    },
    log: {
      log: (record) => void records.push(record),
      debug: at('debug'),
      info: at('info'),
      notice: at('notice'),
      warning: at('warning'),
      error: at('error'),
    },
    signal,
    records,
    messages: () => records.map(({ level, message }) => `${level}: ${message}`),
  };
}
