import { loggingSettings } from '../config/settings/logging.ts';
import { boolean } from '../config/value-types/boolean.ts';
import { getoptLong, type OptionGrammar, type OptionOccurrence } from '../domain/command-line/getopt-long.ts';
import { UsageError } from '../domain/errors/repmgr-error.ts';
import { versionLine } from '../domain/product-version.ts';

interface DaemonOption {
  readonly name: string;
  readonly short?: string;
  readonly argument: 'none' | 'required' | 'optional';
  readonly placeholder?: string;
  readonly text: string;
}

/** The options of repmgrd, in the order of its help. */
const optionTable = [
  { name: 'help', short: '?', argument: 'none', text: 'show this help, then exit' },
  { name: 'version', short: 'V', argument: 'none', text: 'show the version, then exit' },
  {
    name: 'config-file',
    short: 'f',
    argument: 'required',
    placeholder: 'PATH',
    text: 'configuration file; without it the usual places are searched',
  },
  {
    name: 'log-level',
    short: 'L',
    argument: 'required',
    placeholder: 'LEVEL',
    text: `${loggingSettings.log_level.type.limits.values?.join(', ')}`,
  },
  { name: 'verbose', short: 'v', argument: 'none', text: 'log more' },
  {
    name: 'daemonize',
    argument: 'optional',
    placeholder: 'BOOLEAN',
    text: 'go to the background (the default); =false stays in the foreground',
  },
  { name: 'daemonize-short', short: 'd', argument: 'none', text: 'go to the background' },
  {
    name: 'pid-file',
    short: 'p',
    argument: 'required',
    placeholder: 'PATH',
    text: 'where to write the process id, instead of repmgrd_pid_file',
  },
  { name: 'show-pid-file', short: 's', argument: 'none', text: 'show where that would be, then exit' },
  { name: 'no-pid-file', argument: 'none', text: 'write no PID file' },
  {
    name: 'monitoring-history',
    short: 'm',
    argument: 'none',
    text: 'write the monitoring history, whatever the configuration says (deprecated)',
  },
] as const satisfies readonly DaemonOption[];

type OptionName = (typeof optionTable)[number]['name'];

const table: readonly (DaemonOption & { readonly name: OptionName })[] = optionTable;

const grammar: OptionGrammar = {
  long: table.map(({ name, argument }) => ({ name, argument, key: name })),
  short: table.flatMap(({ name, short, argument }) =>
    short === undefined ? [] : [{ letter: short, argument, key: name }],
  ),
};

export interface DaemonOptions {
  /** As given; undefined = search. */
  readonly configFile: string | undefined;
  /** One of the words of `log_level`; undefined = as configured. */
  readonly logLevel: string | undefined;
  readonly verbose: boolean;
  readonly daemonize: boolean;
  readonly pidFile: string | undefined;
  readonly noPidFile: boolean;
  readonly monitoringHistory: boolean;
}

export type DaemonCommandLine =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version'; readonly text: string }
  | { readonly kind: 'showPidFile'; readonly options: DaemonOptions }
  | { readonly kind: 'run'; readonly options: DaemonOptions };

/**
 * Reads what follows the program's name. Surplus words are ignored, as repmgr does.
 * @throws UsageError with every problem; its hint is the usage.
 */
export function parseDaemonCommandLine(argv: readonly string[]): DaemonCommandLine {
  const { occurrences, problems } = getoptLong(argv, grammar);
  const given = new Set<OptionName>(occurrences.map(({ key }) => key as OptionName));
  if (given.has('help')) return { kind: 'help', text: renderDaemonHelp() };
  if (given.has('version')) return { kind: 'version', text: versionLine('repmgrd') };
  const invalid = [...problems];
  const options = readOptions(occurrences, invalid);
  if (invalid.length > 0) throw new UsageError(invalid, { hint: usage });
  return { kind: given.has('show-pid-file') ? 'showPidFile' : 'run', options };
}

function readOptions(occurrences: readonly OptionOccurrence[], invalid: string[]): DaemonOptions {
  const given = new Map(occurrences.map(({ key, value }) => [key as OptionName, value]));
  return {
    configFile: given.get('config-file'),
    logLevel: readLogLevel(given.get('log-level'), invalid),
    verbose: given.has('verbose'),
    daemonize: readDaemonize(occurrences, invalid),
    pidFile: given.get('pid-file'),
    noPidFile: given.has('no-pid-file'),
    monitoringHistory: given.has('monitoring-history'),
  };
}

function readLogLevel(text: string | undefined, invalid: string[]): string | undefined {
  if (text === undefined) return undefined;
  const levels = loggingSettings.log_level.type.limits.values ?? [];
  const level = levels.find((each) => each === text.toUpperCase());
  if (level === undefined) invalid.push(`--log-level must be one of ${levels.join(', ')}, not "${text}"`);
  return level;
}

/** `-d` and a bare `--daemonize` mean true; the last one given decides. */
function readDaemonize(occurrences: readonly OptionOccurrence[], invalid: string[]): boolean {
  let daemonize = true;
  for (const { key, value } of occurrences) {
    if (key === 'daemonize-short') daemonize = true;
    if (key !== 'daemonize') continue;
    const parsed = boolean.parse(value ?? 'true');
    if (parsed.ok) daemonize = parsed.value;
    else invalid.push(`--daemonize ${parsed.problem}`);
  }
  return daemonize;
}

const usage = 'usage: repmgrd [OPTION]...; "repmgrd --help" lists the options';

/** What `repmgrd --help` prints. */
function renderDaemonHelp(): string {
  const rows = table.map((option): [string, string] => [describeOption(option), option.text]);
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    'repmgrd watches one PostgreSQL node and takes part in automatic failover.',
    '',
    'Usage:',
    '  repmgrd [OPTION]...',
    '',
    'Options:',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'The configuration is read again on SIGHUP. SIGTERM and SIGINT end the daemon; PostgreSQL goes on running.',
    '',
  ].join('\n');
}

function describeOption({ name, short, argument, placeholder }: DaemonOption): string {
  const long = `${short === undefined ? '    ' : `-${short}, `}--${name}`;
  if (argument === 'none') return long;
  return argument === 'required' ? `${long}=${placeholder}` : `${long}[=${placeholder}]`;
}
