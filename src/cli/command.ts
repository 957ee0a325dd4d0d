import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { ExitName } from '../domain/errors/exit-codes.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { Logger } from '../ports/logger.ts';
import type { OptionName, ParsedOptions } from './argv/options.ts';
import type { Output } from './output/output.ts';

/** Everything a command works with; it touches the world through nothing else. */
export interface CommandContext {
  readonly settings: LoadedSettings;
  readonly options: ParsedOptions;
  /** Options that were given on the command line. */
  readonly given: ReadonlySet<OptionName>;
  /** What followed the command; only `standby clone` takes something. */
  readonly positionals: readonly string[];
  /** Connection parameters from -d, -h, -p and -U; empty when none was given. */
  readonly connectionParameters: ReadonlyMap<string, string>;
  /** Messages for people, on standard error. */
  readonly log: Logger;
  /** Results, on standard output. */
  readonly out: Output;
  readonly adapters: Adapters;
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Code of one command, exported as `run` by its module. Resolves with the exit status when the command ran to
 * its end, for better or worse; throws a RepmgrError when it could not.
 */
export type CommandRun = (context: CommandContext) => Promise<ExitName>;
