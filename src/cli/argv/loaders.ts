import type { CommandRun } from '../command.ts';
import type { CommandName } from './commands.ts';

type Loader = () => Promise<{ run: CommandRun }>;

/** Where the code of each command is; nothing is loaded before it is called. */
export const loaders: Partial<Record<CommandName, Loader>> = {};
