import type { LoadedSettings } from '../config/loaded-settings.ts';
import { settingNamed, settingNames } from '../config/settings.ts';

/** Every setting as a line `name|value`, as --dump-config prints it. */
export function dumpSettings({ settings }: LoadedSettings): string {
  return settingNames.map((name) => `${name}|${settingNamed(name).type.render(settings[name])}\n`).join('');
}
