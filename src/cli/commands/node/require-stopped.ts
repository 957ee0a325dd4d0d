import { ConfigurationError, OperationFailed } from '../../../domain/errors/repmgr-error.ts';
import type { ControlState, LocalServer } from '../../../ports/local-server.ts';
import type { CommandContext } from '../../command.ts';

/**
 * A node can rejoin only with PostgreSQL stopped.
 * @throws ConfigurationError when conninfo or data directory are wrong, OperationFailed (REJOIN_FAIL) when the
 * server runs or is still shutting down.
 */
export async function requireStopped(context: CommandContext, localServer: LocalServer): Promise<void> {
  const { adapters, settings, signal } = context;
  const { node_name: nodeName, conninfo } = settings.settings;
  const { dataDirectory } = localServer;
  const [ping, processes, majorVersion] = await Promise.all([
    adapters.connections.ping(conninfo, { signal }),
    localServer.processState(),
    localServer.majorVersion(),
  ]);
  if (ping === 'noAttempt') {
    throw new ConfigurationError(`"conninfo" of node "${nodeName}" can not be used`, {
      hint: `correct it in ${settings.configFile}`,
    });
  }
  if (majorVersion === undefined) {
    throw new ConfigurationError(`"${dataDirectory}" is not the data directory of a PostgreSQL server`, {
      hint: `check data_directory in ${settings.configFile}`,
    });
  }
  const state = await controlState(localServer);
  if (processes.kind === 'running' || ping === 'ok' || ping === 'reject') {
    throw stillRunning(nodeName, dataDirectory, state);
  }
}

async function controlState(localServer: LocalServer): Promise<ControlState> {
  try {
    return (await localServer.controlData()).state;
  } catch (error) {
    throw new ConfigurationError(`the control file of "${localServer.dataDirectory}" can not be read`, {
      detail: error instanceof Error ? error.message : String(error),
      hint: 'check the permissions of the data directory, pg_bindir, and the version of PostgreSQL there',
      cause: error,
    });
  }
}

function stillRunning(nodeName: string, dataDirectory: string, state: ControlState): OperationFailed {
  const isEnding = state === 'shutting down';
  return new OperationFailed(
    isEnding
      ? `PostgreSQL of node "${nodeName}" is still shutting down`
      : `PostgreSQL of node "${nodeName}" is running in "${dataDirectory}"`,
    {
      exit: 'REJOIN_FAIL',
      hint: isEnding
        ? 'wait until it has ended, then try again'
        : 'stop it first, or use "repmgr standby follow" if it is a standby',
    },
  );
}
