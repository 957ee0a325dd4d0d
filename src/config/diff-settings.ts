import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import { describeConninfo } from '../domain/conninfo/render-conninfo.ts';
import type { Reload } from './setting.ts';
import { type SettingName, type Settings, settingNamed, settingNames } from './settings.ts';

/** A parameter that has another value than before, as text without passwords. */
export interface SettingChange {
  readonly name: SettingName;
  readonly from: string;
  readonly to: string;
}

/** What a reload of the configuration file means for a running daemon. */
export interface SettingsDiff {
  /** In force from now on. */
  readonly applied: readonly SettingChange[];
  /** In force after a restart of repmgrd. */
  readonly needRestart: readonly SettingChange[];
  /** In force after `register --force`, because the metadata counts. */
  readonly needRegistration: readonly SettingChange[];
  /** Must never change: with any of these the reload is refused and the old configuration stays. */
  readonly refused: readonly SettingChange[];
}

/** Compares the settings in force with those just read. */
export function diffSettings(before: Settings, after: Settings): SettingsDiff {
  const changes = settingNames.flatMap((name) => {
    const { type, reload } = settingNamed(name);
    const same = type.render(before[name]) === type.render(after[name]);
    return same ? [] : [{ reload, change: describeChange(name, before, after) }];
  });
  const having = (...kinds: readonly Reload[]): readonly SettingChange[] =>
    changes.filter(({ reload }) => kinds.includes(reload)).map(({ change }) => change);
  return {
    applied: having('yes', 'silent'),
    needRestart: having('no'),
    needRegistration: having('registration'),
    refused: having('fixed'),
  };
}

function describeChange(name: SettingName, before: Settings, after: Settings): SettingChange {
  if (name === 'conninfo') {
    const [from, to] = [before, after].map(({ conninfo }) => describeConninfo(parseConninfo(conninfo)));
    return { name, from: from ?? '', to: to ?? '' };
  }
  const { type } = settingNamed(name);
  return { name, from: type.render(before[name]), to: type.render(after[name]) };
}
