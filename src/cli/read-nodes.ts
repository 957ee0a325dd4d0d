import { ConfigurationError, QueryFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeRecord } from '../domain/node.ts';
import { connectToLocal } from '../operations/connect-to-local.ts';
import type { Connection } from '../ports/connection.ts';
import type { CommandContext } from './command.ts';

/** To the local server where there is a configuration file, else to the one given on the command line. */
export function connectForReading(context: CommandContext): Promise<Connection> {
  if (context.settings.configFile !== undefined) return connectToLocal(context);
  return context.adapters.connections.connect(context.connectionParameters, { signal: context.signal });
}

/**
 * All registered nodes.
 * @throws ConfigurationError when there are none, or no metadata.
 */
export async function readNodes(
  { adapters }: Pick<CommandContext, 'adapters'>,
  connection: Connection,
): Promise<NodeRecord[]> {
  const nodes = await adapters.metadata.nodes(connection).catch((error: unknown) => {
    if (!(error instanceof QueryFailed)) throw error;
    throw new ConfigurationError(
      `the metadata of the cluster cannot be read from ${connection.description}`,
      {
        detail: error.message,
        hint: 'run "repmgr primary register" on the primary, and check that "dbname" names its database',
        cause: error,
      },
    );
  });
  if (nodes.length > 0) return nodes;
  throw new ConfigurationError(`no node is registered in ${connection.description}`, {
    hint: 'run "repmgr primary register" on the primary',
  });
}
