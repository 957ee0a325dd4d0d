import { ConfigurationError, ConnectionFailed, QueryFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type RecoveryState } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { CommandContext } from './command.ts';

/** How messages name the node of repmgr.conf. */
export function describeLocalNode({ settings }: Pick<CommandContext, 'settings'>): string {
  const { node_id: nodeId, node_name: nodeName } = settings.settings;
  return describeNode({ nodeId: nodeId as NodeId, nodeName });
}

/**
 * Refuses servers that are too old.
 * @throws ConfigurationError
 */
export function requireSupportedVersion(connection: Connection): void {
  if (connection.serverVersionNum >= 120_000) return;
  const major = Math.floor(connection.serverVersionNum / 10_000);
  throw new ConfigurationError(`PostgreSQL ${major} is not supported (${connection.description})`, {
    hint: 'PostgreSQL 12 or later is needed',
  });
}

/**
 * Whether the server is in recovery.
 * @throws ConnectionFailed when it can't be told.
 */
export async function recoveryStateOf(
  { adapters }: Pick<CommandContext, 'adapters'>,
  connection: Connection,
): Promise<RecoveryState> {
  try {
    return await adapters.inspector.recoveryState(connection);
  } catch (error) {
    if (!(error instanceof QueryFailed)) throw error;
    throw new ConnectionFailed(`it cannot be told whether ${connection.description} is in recovery`, {
      detail: error.message,
      hint: 'check the log of PostgreSQL',
      cause: error,
    });
  }
}
