import { type SectionName, type Setting, sections } from '../src/config/setting.ts';
import { type SettingName, settingNamed, settingNames } from '../src/config/settings.ts';
import { describeDefault, describeReload } from './generate-setting-facts.ts';
import { describeEffect } from './setting-effects.ts';

const introduction = `<!-- Written by "npm run generate" from src/config/settings; do not edit. -->

# Parameters of repmgr.conf

One parameter per line, \`name=value\`; the equals sign may be left out. Values with blanks, and paths, are put in
single quotes: \`''\` inside is a quote, and a backslash begins an escape (\`\\n\`, \`\\\\\`, \`\\101\`). \`#\` begins a comment.
If a parameter is repeated the last line counts, except where lines add up. \`include 'file'\`,
\`include_if_exists 'file'\` and \`include_dir 'directory'\` draw in other files, relative to the one they stand in.

\`repmgr\` and \`repmgrd\` report every error with file and line and do not start with a file that has one. Unknown
names are reported and ignored. On SIGHUP \`repmgrd\` reads the file again; if it has an error, or a parameter that
cannot be changed is changed, the old configuration stays in force.`;

/** The reference page of all parameters, by section. */
export function renderSettingsReference(): string {
  const blocks = (Object.keys(sections) as SectionName[]).flatMap((section) => [
    `## ${sections[section]}`,
    ...settingNames.filter((name) => settingNamed(name).section === section).map(renderSetting),
  ]);
  return `${[introduction, ...blocks].join('\n\n')}\n`;
}

function renderSetting(name: SettingName): string {
  const setting = settingNamed(name);
  return [`### ${name}`, escape(setting.text), factsOf(name, setting)].join('\n\n');
}

function factsOf(name: SettingName, setting: Setting<unknown>): string {
  const byDefault = describeDefault(setting);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Type', setting.type.description],
    ['Default', setting.required ? 'none; required' : quoteDefault(setting, byDefault)],
    ['Example', setting.example === undefined ? undefined : `\`${setting.example}\``],
    ['Effect', describeEffect(name)],
    ['A change', describeReload(setting.reload)],
    ['In repmgr 5.5', setting.inRepmgr ? undefined : 'not known'],
  ];
  return facts.flatMap(([title, text]) => (text === undefined ? [] : [`- ${title}: ${text}`])).join('\n');
}

function quoteDefault({ defaultText }: Setting<unknown>, text: string | undefined): string {
  if (text === undefined) return 'none';
  return defaultText === undefined ? `\`${text}\`` : escape(text);
}

/** Keeps Markdown from reading `*`, `<` or `_` in a text as its own. */
function escape(text: string): string {
  return text.replace(/[*<]/g, String.raw`\$&`);
}
