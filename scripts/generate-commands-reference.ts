import type { CommandSpec } from '../src/cli/argv/command-spec.ts';
import { everyCommand } from '../src/cli/argv/command-table/every-command.ts';
import { commandTable } from '../src/cli/argv/commands.ts';
import { type OptionName, optionNames, optionSpec } from '../src/cli/argv/options.ts';
import { type ExitName, exitStatusOf } from '../src/domain/errors/exit-codes.ts';

const introduction = `<!-- Written by "npm run generate" from src/cli/argv; do not edit. -->

# Commands of repmgr

\`repmgr [OPTION]... COMMAND ACTION\`. Options may stand anywhere on the line and may be shortened to a unique prefix.
The value of a long option follows a blank or \`=\`; an optional value, shown in brackets, only \`=\`. Commands are
recognised in any case. An option that means nothing to a command causes a warning.

\`repmgr\` is run as the user who owns the data directory; root is refused. Results go to standard output, messages to
standard error. \`repmgr COMMAND ACTION --help\` shows on the terminal what is said here.`;

const configFileTexts: Readonly<Record<CommandSpec['configFile'], string>> = {
  always: 'needed',
  'or connection parameters': 'needed, unless connection parameters are given',
  optional: 'not needed',
};

/** The reference page of everything that `repmgr` can be told. */
export function renderCommandsReference(): string {
  const general = optionNames.filter((name) => optionSpec(name).general === true && isShown(name));
  const blocks = [
    introduction,
    '## General options',
    general.map(renderOption).join('\n'),
    ...commandTable.filter((spec) => spec.hidden !== true).map(renderCommand),
    ...renderMissing(),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function renderCommand(spec: CommandSpec): string {
  const positional = spec.positional === undefined ? '' : ` [${spec.positional}]`;
  const used = spec.uses.filter(isShown);
  const options: OptionName[] = spec.supportsDryRun ? [...used, 'dry-run'] : used;
  const blocks = [
    `## ${nameOf(spec)}`,
    escapeText(spec.description),
    `\`repmgr [OPTION]... ${nameOf(spec)}${positional}\``,
    renderFacts(spec),
    ...(options.length === 0 ? [] : ['Options:', options.map(renderOption).join('\n')]),
  ];
  return blocks.join('\n\n');
}

function renderFacts(spec: CommandSpec): string {
  const aliases = (spec.aliases ?? []).map((words) => `\`${words.join(' ')}\``);
  const unless = spec.configFileUnless === undefined ? '' : `; not with \`--${spec.configFileUnless}\``;
  const events = spec.events.map((event) => `\`${event}\``);
  const facts: readonly (readonly [string, string])[] = [
    ['Also', aliases.join(', ')],
    ['Configuration file', `${configFileTexts[spec.configFile]}${unless}`],
    ['Events', events.join(', ')],
    ['Exit status', exitStatuses(spec)],
  ];
  return facts.flatMap(([title, text]) => (text === '' ? [] : [`- ${title}: ${text}`])).join('\n');
}

function exitStatuses({ exitStatuses: meanings }: CommandSpec): string {
  const entries = Object.entries(meanings) as [ExitName, string][];
  const sorted = entries.toSorted(([a], [b]) => exitStatusOf[a] - exitStatusOf[b]);
  return ['0: success', ...sorted.map(([name, meaning]) => `${exitStatusOf[name]}: ${meaning}`)].join('; ');
}

function renderOption(name: OptionName): string {
  const spec = optionSpec(name);
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const isOptional = spec.kind === 'optional text' || spec.kind === 'optional integer';
  const value = spec.kind === 'flag' ? '' : isOptional ? `[=${spec.placeholder}]` : `=${spec.placeholder}`;
  const preset = 'default' in spec && spec.default !== undefined ? ` Default: \`${spec.default}\`.` : '';
  return `- \`${short}--${name}${value}\`: ${escapeText(spec.text)}${preset}`;
}

function isShown(name: OptionName): boolean {
  return optionSpec(name).hidden !== true;
}

/** Commands of repmgr 5.5 that the table knows and no code stands behind. */
function renderMissing(): string[] {
  const present = new Set<CommandSpec>(commandTable);
  const missing = everyCommand.filter((spec) => !present.has(spec));
  if (missing.length === 0) return [];
  const names = missing.map((spec) => `- \`${nameOf(spec)}\``);
  return ['## Not yet', 'These commands of repmgr 5.5 are refused as unknown so far:', names.join('\n')];
}

function nameOf({ path }: CommandSpec): string {
  return path.join(' ');
}

/** Keeps Markdown from reading `*` or `<` in a text as its own. */
function escapeText(text: string): string {
  return text.replace(/[*<]/g, String.raw`\$&`);
}
