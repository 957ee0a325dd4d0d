import type { LoadedSettings } from '../config/loaded-settings.ts';
import { type ExitName, exitStatusOf } from '../domain/errors/exit-codes.ts';
import { ConfigurationError, InternalBug, UsageError } from '../domain/errors/repmgr-error.ts';
import { isLogged, parseLogLevel } from '../domain/log-level.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { DaemonLog, LogDestination, Logger } from '../ports/logger.ts';
import { applyOptionsToSettings } from './apply-options-to-settings.ts';
import { type CombinationVerdict, checkCombination } from './argv/check-combination.ts';
import type { CommandSpec } from './argv/command-spec.ts';
import { nameOf } from './argv/command-table/every-command.ts';
import { loaders } from './argv/loaders.ts';
import { type OptionName, optionSpec, type ParsedOptions } from './argv/options.ts';
import type { CommandLine } from './argv/parse-command-line.ts';
import { connectionParametersFrom, namesHost } from './connection-parameters.ts';
import { createOutput } from './output/output.ts';
import type { ProgramIo } from './program-io.ts';
import { endWithError } from './report-error.ts';

/** What only the executable can provide, loaded when it is needed. */
export interface Surroundings {
  /** @throws ConfigurationError; without a file the defaults are returned. */
  loadSettings(request: SettingsRequest): Promise<LoadedSettings>;
  loadAdapters(): Promise<Adapters>;
  /** Messages for people, on standard error. */
  openConsoleLog(options: MessageFilter): Promise<Logger>;
  /** The log of repmgrd, for --log-to-file. */
  openDaemonLog(options: LogDestination & MessageFilter): Promise<DaemonLog>;
}

export interface MessageFilter {
  /** Messages below it are left out; named as in repmgr.conf. */
  readonly level: string;
  /** Leaves out DETAIL and HINT. */
  readonly terse: boolean;
}

export interface SettingsRequest {
  /** From -f; undefined to look in the usual places. */
  readonly configFile: string | undefined;
  /** Called with each place that is looked at, for --verbose. */
  readonly onLookup?: (path: string) => void;
}

export interface CommandCall {
  readonly line: CommandLine;
  readonly io: ProgramIo;
  readonly surroundings: Surroundings;
  readonly spec: CommandSpec;
  readonly configuration: LoadedSettings;
  /** Last line after usage errors. */
  readonly pointer: string;
}

/** Checks options against the command, then loads and runs it; returns the exit status. */
export async function runCommand(call: CommandCall): Promise<number> {
  const { line, io, configuration } = call;
  const parameters = connectionParametersFrom(line.options);
  const verdict = judge(call, parameters);
  const errors = [...verdict.errors, ...(await delayProblems(line.options))];
  if (errors.length > 0) throw new UsageError(errors);
  if (line.unknown.length > 0) {
    io.stdout.write(`${call.pointer}\n`);
    return exitStatusOf.BAD_CONFIG;
  }
  const chosen = await chooseLogger(call);
  const { log } = chosen;
  try {
    if (!line.options.terse) {
      for (const warning of [...configuration.warnings, ...verdict.warnings]) log.warning(warning);
    }
    requireConfigFile(call, parameters.size > 0);
    return exitStatusOf[await load(call, { log, parameters, ignored: verdict.ignored })];
  } catch (error) {
    // What ended the command belongs into the same log as the messages before it.
    if (!line.options['log-to-file']) throw error;
    return endWithError(error, log, io);
  } finally {
    await chosen.close();
  }
}

interface Prepared {
  readonly log: Logger;
  readonly parameters: ReadonlyMap<string, string>;
  readonly ignored: ReadonlySet<OptionName>;
}

/** The delay of the command line follows the rules of the one in repmgr.conf. */
async function delayProblems({ 'recovery-min-apply-delay': delay }: ParsedOptions): Promise<string[]> {
  if (delay === undefined) return [];
  const { settingTable } = await import('../config/settings.ts');
  const parsed = settingTable.recovery_min_apply_delay.type.parse(delay);
  return parsed.ok ? [] : [`--recovery-min-apply-delay ${parsed.problem}`];
}

async function load(call: CommandCall, { log, parameters, ignored }: Prepared): Promise<ExitName> {
  const { line, io, spec, configuration } = call;
  const loadModule = loaders[nameOf(spec)];
  if (loadModule === undefined) throw new InternalBug(`"${nameOf(spec)}" has no code`);
  const { run } = await loadModule();
  return run({
    settings: applyOptionsToSettings(configuration, line.options),
    options: withoutIgnored(line.options, ignored),
    given: new Set([...line.given].filter((name) => !ignored.has(name))),
    positionals: line.positionals.slice(2),
    connectionParameters: parameters,
    log,
    out: createOutput(io.stdout),
    adapters: await call.surroundings.loadAdapters(),
    signal: io.signal,
  });
}

function judge(call: CommandCall, parameters: ReadonlyMap<string, string>): CombinationVerdict {
  const { line, spec, configuration } = call;
  const { barman_host: barmanHost, config_directory: configDirectory } = configuration.settings;
  return checkCombination(spec, {
    line,
    hasHost: namesHost(parameters) || line.positionals.length > 2,
    usesBarman: barmanHost !== '' && !line.options['without-barman'],
    hasConfigDirectory: configDirectory !== '',
  });
}

interface ChosenLogger {
  readonly log: Logger;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

async function chooseLogger({ line, configuration, surroundings }: CommandCall): Promise<ChosenLogger> {
  const { options } = line;
  const { log_level: configured, log_facility: facility, log_file: file } = configuration.settings;
  let level = options['log-level']?.toUpperCase() ?? configured;
  if (options['dry-run']) level = atLeastInfo(level);
  if (options.quiet) level = 'ERROR';
  const { terse } = options;
  if (!options['log-to-file']) {
    const log = await surroundings.openConsoleLog({ level, terse });
    return { log, close: () => Promise.resolve() };
  }
  const log = await surroundings.openDaemonLog({ level, facility, file, terse });
  return { log, close: () => log.close() };
}

/** The level, or INFO where that shows more. */
function atLeastInfo(level: string): string {
  return isLogged('info', parseLogLevel(level) ?? 'info') ? level : 'INFO';
}

function requireConfigFile({ line, spec, configuration }: CommandCall, hasParameters: boolean): void {
  if (configuration.configFile !== undefined) return;
  if (spec.configFile === 'optional') return;
  if (spec.configFile === 'or connection parameters' && hasParameters) return;
  if (spec.configFileUnless !== undefined && line.given.has(spec.configFileUnless)) return;
  throw new ConfigurationError(`"${nameOf(spec)}" needs a configuration file, and none was found`, {
    hint: 'name it with -f/--config-file',
  });
}

function withoutIgnored(options: ParsedOptions, ignored: ReadonlySet<OptionName>): ParsedOptions {
  const values: Record<string, unknown> = { ...options };
  for (const name of ignored) {
    const spec = optionSpec(name);
    values[name] = spec.kind === 'flag' ? false : 'default' in spec ? spec.default : undefined;
  }
  return values as unknown as ParsedOptions;
}
