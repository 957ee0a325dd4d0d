import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import {
  effectiveLeaseMs,
  effectiveStateDirectory,
  reconnectProductMs,
  shortestLeaseMs,
} from './effective-settings.ts';
import type { LoadedSettings } from './loaded-settings.ts';
import { type SettingName, settingNamed, settingNames } from './settings.ts';
import { renderDuration } from './value-types/duration.ts';

type Given = Pick<LoadedSettings, 'settings' | 'isSet'>;

export interface SettingsProblem {
  /** The parameter whose line in the file is to be shown, if it has one. */
  readonly about: SettingName;
  readonly text: string;
}

type Check = (given: Given) => readonly SettingsProblem[];

const checks: readonly Check[] = [
  checkRequired,
  checkConninfo,
  checkBarman,
  checkThresholds,
  checkReconnectTimeout,
  checkLease,
  checkStateDirectory,
];

/** Problems of parameters that are right by themselves but do not go together. */
export function validateSettings(given: Given): readonly SettingsProblem[] {
  return checks.flatMap((check) => check(given));
}

/** What goes together, but hardly as intended. */
export function questionSettings(given: Given): readonly SettingsProblem[] {
  return [...questionLease(given), ...questionDataDirectory(given)];
}

function checkRequired({ settings, isSet }: Given): readonly SettingsProblem[] {
  return settingNames
    .filter((name) => settingNamed(name).required && (!isSet(name) || settings[name] === ''))
    .map((name) => ({
      about: name,
      text: `required parameter "${name}" is ${isSet(name) ? 'empty' : 'missing'}`,
    }));
}

function checkConninfo({ settings }: Given): readonly SettingsProblem[] {
  try {
    parseConninfo(settings.conninfo);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [{ about: 'conninfo', text: `"conninfo" is not a valid connection string: ${error.message}` }];
  }
}

function checkBarman({ settings }: Given): readonly SettingsProblem[] {
  const { barman_host, barman_server } = settings;
  if ((barman_host === '') === (barman_server === '')) return [];
  const [present, absent] =
    barman_host === ''
      ? (['barman_server', 'barman_host'] as const)
      : (['barman_host', 'barman_server'] as const);
  return [{ about: present, text: `"${present}" needs "${absent}" to be given too` }];
}

function checkThresholds({ settings, isSet }: Given): readonly SettingsProblem[] {
  const pairs = [
    ['archive_ready_warning', 'archive_ready_critical'],
    ['replication_lag_warning', 'replication_lag_critical'],
  ] as const;
  return pairs
    .filter(([warning, critical]) => settings[critical] <= settings[warning])
    .map(([warning, critical]) => ({
      about: isSet(critical) ? critical : warning,
      text: `"${critical}" (${settings[critical]}) must be greater than "${warning}" (${settings[warning]})`,
    }));
}

function checkReconnectTimeout({ settings, isSet }: Given): readonly SettingsProblem[] {
  const { standby_reconnect_timeout: reconnect, node_rejoin_timeout: rejoin } = settings;
  if (reconnect >= rejoin) return [];
  return [
    {
      about: isSet('standby_reconnect_timeout') ? 'standby_reconnect_timeout' : 'node_rejoin_timeout',
      text: `"standby_reconnect_timeout" (${reconnect}) must not be less than "node_rejoin_timeout" (${rejoin})`,
    },
  ];
}

function checkLease({ settings, isSet }: Given): readonly SettingsProblem[] {
  const shortest = shortestLeaseMs(settings);
  if (!isSet('lease') || settings.lease >= shortest) return [];
  const { heartbeat_interval: heartbeat, fence_budget: budget } = settings;
  const text =
    `"lease" (${renderDuration(settings.lease)}) must be ${shortest}ms or more to hold two of "heartbeat_interval" ` +
    `(${renderDuration(heartbeat)}), "fence_budget" (${renderDuration(budget)}) and a safety margin`;
  return [{ about: 'lease', text }];
}

function checkStateDirectory({ settings }: Given): readonly SettingsProblem[] {
  const state = effectiveStateDirectory(settings);
  const data = settings.data_directory;
  if (data === '' || (state !== data && !state.startsWith(`${data}/`))) return [];
  return [
    {
      about: 'state_directory',
      text: '"state_directory" must not be in the data directory, which a clone or a rewind replaces',
    },
  ];
}

function questionLease(given: Given): readonly SettingsProblem[] {
  const product = reconnectProductMs(given);
  if (product === undefined || given.isSet('lease')) return [];
  const leaseMs = effectiveLeaseMs(given);
  if (leaseMs === product) return [];
  const text =
    `"reconnect_attempts" × "reconnect_interval" is ${renderDuration(product)}; ` +
    `a lease of ${renderDuration(leaseMs)} is used, the nearest that is possible`;
  return [{ about: given.isSet('reconnect_attempts') ? 'reconnect_attempts' : 'reconnect_interval', text }];
}

function questionDataDirectory({ settings }: Given): readonly SettingsProblem[] {
  if (settings.data_directory === '' || settings.data_directory.startsWith('/')) return [];
  const text = `"data_directory" (${settings.data_directory}) should be an absolute path`;
  return [{ about: 'data_directory', text }];
}
