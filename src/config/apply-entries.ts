import type { LocatedEntry } from './parse-config-file.ts';
import { warnOfRenamed } from './renamed-settings.ts';
import {
  defaultSettings,
  isSettingName,
  type SettingName,
  type Settings,
  settingNamed,
  settingNames,
} from './settings.ts';
import { suggestName } from './suggest-name.ts';
import type { ParsedValue } from './value-types/value-type.ts';

export interface AppliedEntries {
  readonly settings: Settings;
  /** Where each parameter that was given stands, as `file:line`. */
  readonly places: ReadonlyMap<SettingName, string>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Turns the lines of a configuration file into settings; of a repeated parameter the last line counts. */
export function applyEntries(entries: readonly LocatedEntry[]): AppliedEntries {
  const values = new Map<SettingName, unknown>();
  const places = new Map<SettingName, string>();
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const entry of entries) {
    const place = `${entry.file}:${entry.line}`;
    if (!isSettingName(entry.name)) {
      warnings.push(`${place}: ${warnOfUnknown(entry.name)}`);
      continue;
    }
    const parsed = parseEntry(entry.name, entry.value, values);
    if (!parsed.ok) {
      problems.push(`${place}: "${entry.name}" ${parsed.problem}`);
      continue;
    }
    values.set(entry.name, parsed.value);
    places.set(entry.name, place);
    if (parsed.warning !== undefined) warnings.push(`${place}: "${entry.name}" ${parsed.warning}`);
  }
  return { settings: withValues(values), places, problems, warnings };
}

function parseEntry(
  name: SettingName,
  text: string,
  values: ReadonlyMap<SettingName, unknown>,
): ParsedValue<unknown> {
  const { type } = settingNamed(name);
  const parsed = type.parse(text);
  if (!parsed.ok || type.accumulate === undefined || !values.has(name)) return parsed;
  return { ...parsed, value: type.accumulate(values.get(name), parsed.value) };
}

function withValues(values: ReadonlyMap<SettingName, unknown>): Settings {
  const settings: Settings = { ...defaultSettings(), ...Object.fromEntries(values) };
  if (values.has('repmgrd_standby_startup_timeout')) return settings;
  return { ...settings, repmgrd_standby_startup_timeout: settings.standby_reconnect_timeout };
}

function warnOfUnknown(name: string): string {
  const renamed = warnOfRenamed(name);
  if (renamed !== undefined) return renamed;
  const suggestion = suggestName(name, settingNames);
  const question = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return `"${name}" is not a known parameter and is ignored${question}`;
}
