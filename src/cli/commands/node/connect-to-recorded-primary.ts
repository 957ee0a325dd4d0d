import { ConfigurationError, ConnectionFailed, QueryFailed } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeRecord } from '../../../domain/node.ts';
import type { ConnectedNode } from '../../../operations/follow-upstream.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';

/**
 * The primary, as recorded on the node that the connection parameters name; it must really be one.
 * @throws ConnectionFailed when that node can't be reached, ConfigurationError when the primary is not usable.
 */
export async function connectToRecordedPrimary(context: CommandContext): Promise<ConnectedNode> {
  const { adapters, connectionParameters, signal } = context;
  const node = await withConnection(
    () => adapters.connections.connect(connectionParameters, { signal }),
    (connection) => recordedPrimary(context, connection),
  );
  const connection = await connect(context, node);
  if ((await adapters.inspector.recoveryState(connection)) === 'primary') return { node, connection };
  await connection.close();
  throw new ConfigurationError(`${describeNode(node)} is recorded as the primary, but is in recovery`, {
    hint: 'a node can rejoin only a running primary; see "repmgr cluster show"',
  });
}

async function recordedPrimary({ adapters }: CommandContext, connection: Connection): Promise<NodeRecord> {
  const node = await adapters.metadata.recordedPrimary(connection).catch((error: unknown) => {
    if (!(error instanceof QueryFailed)) throw error;
    throw new ConfigurationError(`the primary is not recorded in ${connection.description}`, {
      detail: error.message,
      hint: 'connect to the database that "conninfo" in repmgr.conf names, on a node of the cluster',
      cause: error,
    });
  });
  if (node !== undefined) return node;
  throw new ConfigurationError(`no active primary is registered in ${connection.description}`, {
    hint: 'connect to a node of the cluster that knows the present primary',
  });
}

async function connect({ adapters, signal }: CommandContext, node: NodeRecord): Promise<Connection> {
  try {
    return await adapters.connections.connect(node.conninfo, { signal });
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    throw new ConfigurationError(`${describeNode(node)}, the recorded primary, can't be reached`, {
      detail: error.message,
      hint: 'start it, or connect to a node that knows the present primary',
      cause: error,
    });
  }
}
