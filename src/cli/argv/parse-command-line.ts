import { type ArgumentKind, getoptLong, type OptionGrammar } from '../../domain/command-line/getopt-long.ts';
import type { OptionSpec } from './option-types.ts';
import { type OptionName, optionNames, optionSpec, type ParsedOptions } from './options.ts';

export interface CommandLine {
  readonly options: ParsedOptions;
  /** Options that were given, in order of first appearance. */
  readonly given: ReadonlySet<OptionName>;
  readonly positionals: readonly string[];
  /** Options that don't exist, are ambiguous or lack their argument. */
  readonly unknown: readonly string[];
  /** Values that can't be used. */
  readonly invalid: readonly string[];
}

/** The option table as getoptLong needs it. */
export const optionGrammar: OptionGrammar = buildGrammar();

function buildGrammar(): OptionGrammar {
  const long = optionNames.flatMap((name) => {
    const spec = optionSpec(name);
    const argument = argumentOf(spec);
    return [name, ...(spec.aliases ?? [])].map((word) => ({ name: word, argument, key: name }));
  });
  const short = optionNames.flatMap((name) => {
    const spec = optionSpec(name);
    if (spec.short === undefined) return [];
    const argument: ArgumentKind = argumentOf(spec) === 'required' ? 'required' : 'none';
    return [{ letter: spec.short, argument, key: name }];
  });
  return { long, short };
}

const maximumInteger = 2_147_483_647;

/** Reads a command line (without program name) against the option table. Never throws. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const scanned = getoptLong(argv, optionGrammar);
  const values: Record<string, unknown> = {};
  for (const name of optionNames) values[name] = defaultOf(optionSpec(name));
  const given = new Set<OptionName>();
  const invalid: string[] = [];
  for (const { key, value } of scanned.occurrences) {
    const name = key as OptionName;
    given.add(name);
    const result = valueOf(name, value);
    if (typeof result === 'object') invalid.push(result.problem);
    else values[name] = result;
  }
  checkValues(values as unknown as ParsedOptions, invalid);
  return {
    options: values as unknown as ParsedOptions,
    given,
    positionals: scanned.positionals,
    unknown: scanned.problems,
    invalid,
  };
}

function argumentOf(spec: OptionSpec): ArgumentKind {
  if (spec.kind === 'flag') return 'none';
  return spec.kind === 'optional text' || spec.kind === 'optional integer' ? 'optional' : 'required';
}

function defaultOf(spec: OptionSpec): unknown {
  if (spec.kind === 'flag') return false;
  return 'default' in spec ? spec.default : undefined;
}

function valueOf(name: OptionName, value: string | undefined): string | number | true | { problem: string } {
  const spec = optionSpec(name);
  if (value === undefined) return true;
  if (spec.kind !== 'integer' && spec.kind !== 'optional integer') return value;
  return parseInteger(name, value, spec.minimum);
}

/** Digits may be followed by anything, as C's strtol has it and scripts may rely on. */
function parseInteger(name: string, value: string, minimum: number): number | { problem: string } {
  const match = /^\s*([+-]?\d+)/.exec(value);
  if (match === null) return { problem: `--${name} needs a whole number, not "${value}"` };
  const number = Number(match[1]);
  if (number < minimum) return { problem: `--${name} must be ${minimum} or more, not ${match[1]}` };
  if (number > maximumInteger)
    return { problem: `--${name} must be ${maximumInteger} or less, not ${match[1]}` };
  return number;
}

const logLevels = new Set(['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'ALERT', 'CRIT', 'EMERG']);

function checkValues(options: ParsedOptions, invalid: string[]): void {
  const level = options['log-level'];
  if (level !== undefined && !logLevels.has(level.toUpperCase())) {
    invalid.push(`--log-level must be one of ${[...logLevels].join(', ')}, not "${level}"`);
  }
  const copy = options['copy-external-config-files'];
  if (typeof copy === 'string' && !['samepath', 'pgdata', 'data_directory'].includes(copy)) {
    invalid.push(`--copy-external-config-files must be "samepath" or "pgdata", not "${copy}"`);
  }
  const name = options['node-name'];
  if (name !== undefined && Buffer.byteLength(name) > 63) {
    invalid.push('--node-name must not be longer than 63 bytes');
  }
}
