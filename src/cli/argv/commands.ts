import type { CommandSpec } from './command-spec.ts';
import { everyCommand, nameOf } from './command-table/every-command.ts';
import { loaders } from './loaders.ts';

/** Every command of `repmgr` that can be run, in the order of the general help. */
export const commandTable: readonly CommandSpec[] = everyCommand.filter((spec) => nameOf(spec) in loaders);
