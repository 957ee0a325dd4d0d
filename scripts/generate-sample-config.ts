import { renderAssignment } from '../src/config/render-config.ts';
import { type SectionName, type Setting, sections } from '../src/config/setting.ts';
import { type SettingName, type Settings, settingNamed, settingNames } from '../src/config/settings.ts';
import { describeDefault, describeReload } from './generate-setting-facts.ts';
import { describeEffect } from './setting-effects.ts';

const WIDTH = 78;
const rule = `#${'-'.repeat(WIDTH - 1)}`;

const introduction = `Configuration of repmgr and repmgrd. One parameter per line: name=value. Values with blanks or that begin with / are put in single quotes; a quote inside is doubled. A # begins a comment. Files can be drawn in with include 'file', include_if_exists 'file' and include_dir 'directory'. All parameters are shown with their defaults, or with an example where there is no default. The first four are required.`;

/** repmgr.conf.sample: every parameter, commented out, with what it does. */
export function renderSampleConfig(): string {
  const blocks = (Object.keys(sections) as SectionName[]).flatMap((section) => [
    [rule, `# ${sections[section]}`, rule].join('\n'),
    ...settingNames.filter((name) => settingNamed(name).section === section).map(renderSetting),
  ]);
  return `${[wrap(introduction).join('\n'), ...blocks].join('\n\n')}\n`;
}

function renderSetting(name: SettingName): string {
  const setting = settingNamed(name);
  const facts = `(${[setting.type.description.replaceAll('`', ''), ...factsOf(name, setting)].join('; ')})`;
  return [...wrap(setting.text), ...wrap(facts), ...assignmentsOf(name, setting)].join('\n');
}

function factsOf(name: SettingName, setting: Setting<unknown>): readonly string[] {
  const byDefault = describeDefault(setting);
  const effect = describeEffect(name);
  return [
    ...(setting.required ? ['required'] : byDefault === undefined ? [] : [`default: ${byDefault}`]),
    `a change ${describeReload(setting.reload)}`,
    ...(effect === undefined ? [] : [`effect: ${effect.replaceAll('`', '')}`]),
  ];
}

function assignmentsOf(
  name: SettingName,
  { type, default: value, example }: Setting<unknown>,
): readonly string[] {
  const parsed = example === undefined ? undefined : type.parse(example);
  const shown = (parsed?.ok === true ? parsed.value : value) as Settings[SettingName];
  const lines = renderAssignment(name, shown);
  return (lines.length === 0 ? [`${name}=''`] : lines).map((line) => `#${line}`);
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}
