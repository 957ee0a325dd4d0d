import type { LoadedSettings } from '../config/loaded-settings.ts';
import { exitStatusOf } from '../domain/errors/exit-codes.ts';
import { UsageError } from '../domain/errors/repmgr-error.ts';
import { compatibleVersionNumber, versionLine } from '../domain/product-version.ts';
import type { CommandSpec } from './argv/command-spec.ts';
import { type CommandLine, parseCommandLine } from './argv/parse-command-line.ts';
import { type Resolution, resolveCommand } from './argv/resolve-command.ts';
import { createOutput } from './output/output.ts';
import type { ProgramIo } from './program-io.ts';
import { endWithError } from './report-error.ts';
import { runCommand, type Surroundings } from './run-command.ts';

const pointer = 'Try "repmgr --help" for more information.';

/**
 * Runs `repmgr` with the arguments after the program name. Never throws.
 * @returns the exit status of the process.
 */
export async function main(
  argv: readonly string[],
  io: ProgramIo,
  surroundings: Surroundings,
): Promise<number> {
  const line = parseCommandLine(argv);
  const terse = line.options.terse;
  try {
    return await dispatch({ line, io, surroundings });
  } catch (error) {
    const log = await surroundings.openConsoleLog({ level: 'ERROR', terse });
    const status = endWithError(error, log, io);
    if (error instanceof UsageError && !io.signal.aborted) io.stderr.write(`${pointer}\n`);
    return status;
  }
}

interface Call {
  readonly line: CommandLine;
  readonly io: ProgramIo;
  readonly surroundings: Surroundings;
}

async function dispatch(call: Call): Promise<number> {
  const { line, io } = call;
  if (line.options.version) return print(io, versionLine('repmgr'));
  if (line.options['version-number']) return print(io, String(compatibleVersionNumber));
  const resolution = resolveCommand(line.positionals);
  if (line.options.help) return printHelp(io, resolution);
  refuseRoot(io);
  if (line.invalid.length > 0) throw new UsageError(line.invalid);
  for (const problem of line.unknown) io.stderr.write(`repmgr: ${problem}\n`);
  if (line.options['dump-config']) return dumpConfig(call, resolution);
  const spec = commandOf(resolution, line);
  const configuration = await loadSettings(call);
  return runCommand({ ...call, spec, configuration, pointer });
}

function print(io: ProgramIo, text: string): number {
  createOutput(io.stdout).line(text);
  return exitStatusOf.SUCCESS;
}

async function printHelp(io: ProgramIo, resolution: Resolution): Promise<number> {
  const { renderCommandHelp, renderGeneralHelp, renderNounHelp } = await import('./help/render-help.ts');
  if (resolution.kind === 'command') io.stdout.write(renderCommandHelp(resolution.spec));
  else if (resolution.kind === 'noun') io.stdout.write(renderNounHelp(resolution.noun));
  else if (resolution.kind === 'nothing') io.stdout.write(renderGeneralHelp());
  else throw new UsageError([resolution.problem]);
  return exitStatusOf.SUCCESS;
}

function refuseRoot(io: ProgramIo): void {
  if (io.effectiveUserId !== 0) return;
  throw new UsageError(['repmgr must not be run as root'], {
    hint: 'run it as the user who owns the data directory, usually with "sudo -u postgres repmgr ..."',
  });
}

function commandOf(resolution: Resolution, line: CommandLine): CommandSpec {
  switch (resolution.kind) {
    case 'nothing':
      throw new UsageError(['no command was given']);
    case 'noun':
      throw new UsageError([`"${resolution.noun}" needs an action`], {
        hint: `"repmgr ${resolution.noun} --help" lists them`,
      });
    case 'unknown':
      throw new UsageError([resolution.problem]);
    case 'command':
      checkPositionals(resolution.spec, resolution.arguments, line);
      return resolution.spec;
  }
}

function checkPositionals(spec: CommandSpec, words: readonly string[], line: CommandLine): void {
  const accepted = spec.positional !== undefined && line.options.host === undefined ? 1 : 0;
  const surplus = words.slice(accepted);
  if (surplus.length === 0) return;
  const problems = surplus.map((word) => `"${word}" is one argument too many`);
  if (spec.positional !== undefined && line.options.host !== undefined) {
    problems.unshift(`the host is given twice: "${line.options.host}" and "${words[0]}"`);
  }
  throw new UsageError(problems);
}

function loadSettings({ line, io, surroundings }: Call): Promise<LoadedSettings> {
  const { 'config-file': configFile, verbose } = line.options;
  const onLookup = (path: string): void =>
    io.stdout.write(`INFO: looking for configuration file in ${path}\n`);
  return surroundings.loadSettings(verbose ? { configFile, onLookup } : { configFile });
}

async function dumpConfig(call: Call, resolution: Resolution): Promise<number> {
  if (resolution.kind !== 'nothing') {
    throw new UsageError(['--dump-config cannot be combined with a command']);
  }
  const { dumpConfig: renderLines } = await import('../config/dump-config.ts');
  const { settings } = await loadSettings(call);
  call.io.stdout.write(
    renderLines(settings)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return exitStatusOf.SUCCESS;
}
