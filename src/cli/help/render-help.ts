import { type ExitName, exitStatusOf } from '../../domain/errors/exit-codes.ts';
import type { CommandSpec } from '../argv/command-spec.ts';
import { nameOf } from '../argv/command-table/every-command.ts';
import { commandTable } from '../argv/commands.ts';
import { type OptionName, optionNames, optionSpec } from '../argv/options.ts';
import { wrapText } from './wrap-text.ts';

/** What `repmgr --help` prints. */
export function renderGeneralHelp(): string {
  const visible = commandTable.filter((spec) => spec.hidden !== true);
  const rows = visible.map((spec): [string, string] => [nameOf(spec), spec.summary]);
  return [
    'repmgr manages replication and failover of PostgreSQL.',
    '',
    'Usage:',
    '  repmgr [OPTION]... COMMAND ACTION',
    '',
    'Commands:',
    ...columns(rows),
    '',
    'General options:',
    ...columns(generalOptions().map(optionRow)),
    '',
    '"repmgr COMMAND ACTION --help" describes one command with its options.',
    '',
  ].join('\n');
}

/** What `repmgr standby --help` prints: its actions. */
export function renderNounHelp(noun: string): string {
  const specs = commandTable.filter((spec) =>
    [spec.path, ...(spec.aliases ?? [])].some((words) => words[0] === noun),
  );
  return specs
    .filter((spec) => spec.hidden !== true || specs.length === 1)
    .map((spec) => renderCommandHelp(spec))
    .join('\n');
}

/** What `repmgr COMMAND ACTION --help` prints. */
export function renderCommandHelp(spec: CommandSpec): string {
  const used = spec.uses.filter((name) => optionSpec(name).hidden !== true);
  const positional = spec.positional === undefined ? '' : ` [${spec.positional}]`;
  const options = spec.supportsDryRun ? [...used, 'dry-run' as const] : used;
  return [
    `repmgr ${nameOf(spec)}: ${spec.summary}`,
    '',
    'Usage:',
    `  repmgr [OPTION]... ${nameOf(spec)}${positional}`,
    '',
    ...wrapText(spec.description, 80),
    '',
    ...section('Options', options.map(optionRow)),
    ...section(
      'Events',
      spec.events.map((name): [string, string] => [name, '']),
    ),
    ...section('EXIT STATUS', exitRows(spec)),
  ].join('\n');
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  return rows.length === 0 ? [] : [`${title}:`, ...columns(rows), ''];
}

function exitRows(spec: CommandSpec): [string, string][] {
  const rows = Object.entries(spec.exitStatuses) as [ExitName, string][];
  return [
    ['0', 'success'],
    ...rows.map(([name, meaning]): [string, string] => [String(exitStatusOf[name]), meaning]),
  ];
}

function generalOptions(): OptionName[] {
  return optionNames.filter((name) => optionSpec(name).general === true && optionSpec(name).hidden !== true);
}

function optionRow(name: OptionName): [string, string] {
  const spec = optionSpec(name);
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
  const isOptional = spec.kind === 'optional text' || spec.kind === 'optional integer';
  const value = spec.kind === 'flag' ? '' : isOptional ? `[=${spec.placeholder}]` : `=${spec.placeholder}`;
  const preset = 'default' in spec && spec.default !== undefined ? ` (default: ${spec.default})` : '';
  return [`${short}--${name}${value}`, `${spec.text}${preset}`];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows.flatMap(([left, right]) => {
    if (right === '') return [`  ${left}`];
    const [first = '', ...rest] = wrapText(right, Math.max(40, 94 - width));
    const indent = ' '.repeat(width + 4);
    const continuation = rest.map((line) => `${indent}${line}`);
    if (left.length > width) return [`  ${left}`, `${indent}${first}`, ...continuation];
    return [`  ${left.padEnd(width)}  ${first}`, ...continuation];
  });
}
