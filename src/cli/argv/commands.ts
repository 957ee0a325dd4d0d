import type { CommandSpec } from './command-spec.ts';
import { clusterCommands } from './command-table/cluster.ts';
import { nodeCommands } from './command-table/node.ts';
import { primaryCommands } from './command-table/primary.ts';
import { serviceCommands } from './command-table/service.ts';
import { standbyCommands } from './command-table/standby.ts';
import { witnessCommands } from './command-table/witness.ts';
import { loaders } from './loaders.ts';

const everyCommand = [
  ...primaryCommands,
  ...standbyCommands,
  ...witnessCommands,
  ...nodeCommands,
  ...clusterCommands,
  ...serviceCommands,
] as const;

type NameOf<S extends CommandSpec> = S extends CommandSpec ? `${S['path'][0]} ${S['path'][1]}` : never;

/** `primary register`, `node status` and so on. */
export type CommandName = NameOf<(typeof everyCommand)[number]>;

/** Every command of `repmgr` that can be run, in the order of the general help. */
export const commandTable: readonly CommandSpec[] = everyCommand.filter((spec) => nameOf(spec) in loaders);

export function nameOf(spec: CommandSpec): CommandName {
  return spec.path.join(' ') as CommandName;
}
