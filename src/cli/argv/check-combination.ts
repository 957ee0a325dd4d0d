import { type CommandSpec, connectionOptions } from './command-spec.ts';
import { type CommandName, nameOf } from './command-table/every-command.ts';
import { type OptionName, optionSpec } from './options.ts';
import type { CommandLine } from './parse-command-line.ts';

export interface CombinationVerdict {
  /** The command can't be run like this. */
  readonly errors: readonly string[];
  /** Options that have no effect. */
  readonly warnings: readonly string[];
  /** Options to be treated as if they had not been given. */
  readonly ignored: ReadonlySet<OptionName>;
}

interface Facts {
  readonly line: CommandLine;
  /** True if a source host was given with -h, in the conninfo or as argument. */
  readonly hasHost: boolean;
  /** True if `standby clone` copies from Barman. */
  readonly usesBarman: boolean;
  /** True if repmgr.conf sets config_directory. */
  readonly hasConfigDirectory: boolean;
}

/** Judges whether options and command go together. */
export function checkCombination(spec: CommandSpec, facts: Facts): CombinationVerdict {
  const given = facts.line.given;
  const unused = [...given].filter((name) => !isUsed(name, spec));
  const warnings = unused.map((name) => `--${name} has no effect on "${nameOf(spec)}"`);
  const ignored = new Set<OptionName>(unused);
  for (const name of given) {
    const instead = optionSpec(name).deprecated;
    if (instead !== undefined) warnings.push(`--${name} has no effect any more: ${instead}`);
  }
  if (given.has('dry-run') && !spec.supportsDryRun) {
    warnings.push(`--dry-run has no effect on "${nameOf(spec)}"`);
    ignored.add('dry-run');
  }
  if (given.has('node-id') && given.has('node-name') && !ignored.has('node-name')) {
    warnings.push('--node-name has no effect together with --node-id');
    ignored.add('node-name');
  }
  if (given.has('limit') && given.has('all') && !ignored.has('all')) {
    warnings.push('--all has no effect together with --limit');
    ignored.add('all');
  }
  warnings.push(...cloneWarnings(spec, facts));
  return { errors: combinationErrors(spec, facts), warnings, ignored };
}

function isUsed(name: OptionName, spec: CommandSpec): boolean {
  return optionSpec(name).general === true || spec.uses.includes(name);
}

const exclusive: readonly (readonly OptionName[])[] = [
  ['wait', 'no-wait'],
  ['csv', 'nagios', 'optformat', 'json'],
  ['repmgrd-force-unpause', 'repmgrd-no-pause'],
  ['disable-wal-receiver', 'enable-wal-receiver'],
  ['siblings-follow', 'no-siblings-follow'],
];

function combinationErrors(spec: CommandSpec, facts: Facts): string[] {
  const { given } = facts.line;
  const errors = exclusive.flatMap((names) => {
    const together = names.filter((name) => given.has(name));
    if (together.length < 2) return [];
    return [`${together.map((name) => `--${name}`).join(' and ')} exclude each other`];
  });
  const name = nameOf(spec);
  const needsSource = name === 'witness register' || (name === 'standby clone' && !facts.usesBarman);
  if (needsSource && !facts.hasHost) {
    errors.push(`"${name}" needs the host to connect to: give it with -h/--host or in -d/--dbname`);
  }
  const needsParameters: readonly CommandName[] = ['node rejoin', 'standby clone'];
  if (needsParameters.includes(name) && !facts.usesBarman && !connectionOptions.some((o) => given.has(o))) {
    errors.push(
      `"${name}" needs connection parameters: give -d/--dbname, -h/--host, -p/--port or -U/--username`,
    );
  }
  return errors;
}

function cloneWarnings(spec: CommandSpec, facts: Facts): string[] {
  if (nameOf(spec) !== 'standby clone') return [];
  const { given } = facts.line;
  const warnings: string[] = [];
  if (facts.usesBarman) {
    for (const name of ['copy-external-config-files', 'fast-checkpoint'] as const) {
      if (given.has(name)) warnings.push(`--${name} has no effect when cloning from Barman`);
    }
  } else if (given.has('no-upstream-connection')) {
    warnings.push('--no-upstream-connection has no effect unless cloning from Barman');
  }
  if (facts.hasConfigDirectory && !given.has('copy-external-config-files')) {
    warnings.push(
      'config_directory is set, but without --copy-external-config-files no file is copied to it',
    );
  }
  return warnings;
}
