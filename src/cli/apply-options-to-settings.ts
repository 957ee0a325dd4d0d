import type { LoadedSettings } from '../config/loaded-settings.ts';
import { type Settings, settingTable } from '../config/settings.ts';
import { UsageError } from '../domain/errors/repmgr-error.ts';
import type { ParsedOptions } from './argv/options.ts';

type Overrides = { -readonly [Name in 'pg_bindir' | 'recovery_min_apply_delay']?: Settings[Name] };

/**
 * The settings with what the command line overrides: -b/--pg_bindir and --recovery-min-apply-delay.
 * @throws UsageError when a value is one that the configuration file may not have either.
 */
export function applyOptionsToSettings(loaded: LoadedSettings, options: ParsedOptions): LoadedSettings {
  const overrides: Overrides = {};
  const { pg_bindir: binDirectory, 'recovery-min-apply-delay': delay } = options;
  if (binDirectory !== undefined) overrides.pg_bindir = binDirectory;
  if (delay !== undefined) {
    const parsed = settingTable.recovery_min_apply_delay.type.parse(delay);
    if (!parsed.ok) throw new UsageError([`--recovery-min-apply-delay ${parsed.problem}`]);
    overrides.recovery_min_apply_delay = parsed.value;
  }
  return {
    ...loaded,
    settings: { ...loaded.settings, ...overrides },
    isSet: (name) => name in overrides || loaded.isSet(name),
  };
}
