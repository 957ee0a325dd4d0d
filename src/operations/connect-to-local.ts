import { ConnectionFailed } from '../domain/errors/repmgr-error.ts';
import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';

type LocalContext = Pick<OperationContext, 'adapters' | 'settings' | 'signal'>;

/**
 * Opens a connection to the server of this node by `conninfo` of repmgr.conf.
 * @throws ConnectionFailed that names the node and the file.
 */
export async function connectToLocal({ adapters, settings, signal }: LocalContext): Promise<Connection> {
  const { node_id: nodeId, node_name: nodeName, conninfo } = settings.settings;
  try {
    return await adapters.connections.connect(conninfo, { signal });
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    throw new ConnectionFailed(
      `the database of this node, "${nodeName}" (ID: ${nodeId}), cannot be reached`,
      {
        detail: error.message,
        hint:
          error.hint ??
          `check that PostgreSQL runs here and that "conninfo" in ${settings.configFile} is right`,
        facts: { ...error.facts, nodeId, nodeName },
        cause: error,
        sqlState: error.sqlState,
      },
    );
  }
}
