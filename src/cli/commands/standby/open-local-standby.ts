import { ConfigurationError, ConnectionFailed } from '../../../domain/errors/repmgr-error.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { waitUntil } from '../../../operations/wait-until.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode } from '../../describe-local-node.ts';

/**
 * Connects to the local standby, waiting for it to start unless --force is given. Undefined when it does not
 * run and may be registered all the same.
 * @throws ConfigurationError
 */
export async function openLocalStandby(context: CommandContext): Promise<Connection | undefined> {
  const { options, adapters, signal, connectionParameters, log } = context;
  let failure: ConnectionFailed | undefined;
  const timeoutMs = options.force ? 0 : options['wait-start'] * 1_000;
  const local = await waitUntil({ clock: adapters.clock, intervalMs: 1_000, timeoutMs, signal }, async () => {
    try {
      return await connectToLocal(context);
    } catch (error) {
      if (!(error instanceof ConnectionFailed) || signal.aborted) throw error;
      log.debug(`waiting for the local server to start: ${error.detail ?? error.message}`);
      failure = error;
      return undefined;
    }
  });
  if (local !== undefined) return local;
  const about = describeLocalNode(context);
  if (!options.force) {
    throw new ConfigurationError(`the server of ${about} cannot be reached`, {
      detail: failure?.detail ?? failure?.message ?? '',
      // A server that answers and refuses need not be started.
      hint:
        (failure?.sqlState === undefined ? undefined : failure.hint) ??
        'start it, or register it as it is with -F/--force and the connection parameters of the primary',
      cause: failure,
    });
  }
  if (connectionParameters.size === 0) {
    throw new ConfigurationError(`the server of ${about} does not run, so the primary has to be named`, {
      hint: 'give the connection parameters of the primary: -h/--host, -p/--port, -U/--username, -d/--dbname',
      cause: failure,
    });
  }
  log.warning(`the server of ${about} cannot be reached; it is registered without looking at it`);
  return undefined;
}
