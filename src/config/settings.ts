import type { Setting } from './setting.ts';
import { childNodeSettings } from './settings/children.ts';
import { cloneSettings } from './settings/clone.ts';
import { eventSettings } from './settings/events.ts';
import { failoverSettings } from './settings/failover.ts';
import { leaseSettings } from './settings/lease.ts';
import { loggingSettings } from './settings/logging.ts';
import { nodeSettings } from './settings/node.ts';
import { promoteSettings } from './settings/promote.ts';
import { recoverySettings } from './settings/recovery.ts';
import { replicationSettings } from './settings/replication.ts';
import { serverSettings } from './settings/server.ts';
import { serviceSettings } from './settings/service.ts';
import { thresholdSettings } from './settings/thresholds.ts';

/** Every parameter of repmgr.conf. The parser, the sample file, the reference page and SIGHUP go by it. */
export const settingTable = {
  ...nodeSettings,
  ...serverSettings,
  ...replicationSettings,
  ...loggingSettings,
  ...eventSettings,
  ...cloneSettings,
  ...promoteSettings,
  ...thresholdSettings,
  ...failoverSettings,
  ...childNodeSettings,
  ...serviceSettings,
  ...leaseSettings,
  ...recoverySettings,
};

type SettingTable = typeof settingTable;

export type SettingName = keyof SettingTable;

type ValueOf<Entry> = Entry extends Setting<infer Value> ? Value : never;

/** The values of all parameters, by their names in repmgr.conf; durations are in milliseconds. */
export type Settings = { readonly [Name in SettingName]: ValueOf<SettingTable[Name]> };

export const settingNames = Object.keys(settingTable) as readonly SettingName[];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingTable, name);
}

/** Description of one parameter, for code that treats them all alike. */
export function settingNamed(name: SettingName): Setting<unknown> {
  return settingTable[name] as Setting<unknown>;
}

/** The settings of an empty file: required parameters are 0 or empty. */
export function defaultSettings(): Settings {
  const defaults = settingNames.map((name) => [name, settingTable[name].default]);
  return Object.fromEntries(defaults) as Settings;
}
