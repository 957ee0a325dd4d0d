import { type SettingName, type Settings, settingNamed, settingNames } from './settings.ts';
import { quote } from './syntax/unquote.ts';

/** The lines of repmgr.conf that set a parameter; more than one where the parameter is repeated. */
export function renderAssignment<Name extends SettingName>(
  name: Name,
  value: Settings[Name],
): readonly string[] {
  const { type } = settingNamed(name);
  const texts = type.renderLines?.(value) ?? [type.render(value)];
  return texts.map((text) => `${name}=${isPlain(type.name) ? text : quote(text)}`);
}

/** A configuration file with these parameters, in the order of the table. */
export function renderConfig(settings: Partial<Settings>): string {
  const lines = settingNames.flatMap((name) => {
    const value = settings[name];
    return value === undefined ? [] : renderAssignment(name, value);
  });
  return lines.map((line) => `${line}\n`).join('');
}

function isPlain(typeName: string): boolean {
  return typeName === 'integer' || typeName === 'boolean' || typeName === 'duration';
}
