import type { ExitName } from '../../domain/errors/exit-codes.ts';
import type { EventName } from '../../domain/event.ts';
import type { OptionName } from './options.ts';

/** One command as data: parsing, warnings, help, completion and reference pages come from it. */
export interface CommandSpec {
  readonly path: readonly [noun: string, action: string];
  /** Other spellings, complete: noun and action. */
  readonly aliases?: readonly (readonly [noun: string, action: string])[];
  readonly summary: string;
  /** One or more paragraphs for --help. */
  readonly description: string;
  /** Options that mean something here, besides the general ones; all others cause a warning. */
  readonly uses: readonly OptionName[];
  /** `always`: repmgr.conf must exist; otherwise what stands in for it. */
  readonly configFile: 'always' | 'or connection parameters' | 'optional';
  /** With this option no configuration file is needed either. */
  readonly configFileUnless?: OptionName;
  readonly supportsDryRun: boolean;
  /** Name of the one positional argument that is taken. */
  readonly positional?: string;
  /** What each exit status means here; SUCCESS is understood. */
  readonly exitStatuses: Partial<Readonly<Record<ExitName, string>>>;
  readonly events: readonly EventName[];
  /** Not part of the general help. */
  readonly hidden?: boolean;
}

/** Options that say which server to connect to. */
export const connectionOptions = ['dbname', 'host', 'port', 'username'] as const satisfies OptionName[];
