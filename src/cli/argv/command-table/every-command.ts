import type { CommandSpec } from '../command-spec.ts';
import { clusterCommands } from './cluster.ts';
import { nodeCommands } from './node.ts';
import { primaryCommands } from './primary.ts';
import { serviceCommands } from './service.ts';
import { standbyCommands } from './standby.ts';
import { witnessCommands } from './witness.ts';

/** Every command, in the order of the general help. */
export const everyCommand = [
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

export function nameOf(spec: CommandSpec): CommandName {
  return spec.path.join(' ') as CommandName;
}
