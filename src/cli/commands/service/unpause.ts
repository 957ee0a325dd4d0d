import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import type { CommandContext } from '../../command.ts';
import { changePause } from './change-pause.ts';

/** `repmgr service unpause` */
export function run(context: CommandContext): Promise<ExitName> {
  return changePause(context, false);
}
