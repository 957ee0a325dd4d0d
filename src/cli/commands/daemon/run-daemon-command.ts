import { LocalCommandFailed } from '../../../domain/errors/repmgr-error.ts';
import { runServiceCommand } from '../../../operations/run-service-command.ts';
import type { CommandContext } from '../../command.ts';

const timeoutMs = 60_000;

/**
 * Runs one of the `repmgrd_service_*_command`s.
 * @throws LocalCommandFailed with the exit status of the daemon commands.
 */
export async function runDaemonCommand(
  context: CommandContext,
  parameter: string,
  command: string,
): Promise<void> {
  try {
    await runServiceCommand(context, { command, parameter, timeoutMs });
  } catch (error) {
    if (!(error instanceof LocalCommandFailed)) throw error;
    const { detail, hint } = error;
    throw new LocalCommandFailed(error.message, {
      exit: 'REPMGRD_SERVICE',
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
}
