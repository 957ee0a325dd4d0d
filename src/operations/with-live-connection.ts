import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';

/**
 * Works with the connection itself if it still answers, else with a new one to the same server, which is closed
 * afterwards: a session that was idle during a long copy may have been cut by a firewall. `work` gets undefined
 * when the server can't be reached any more.
 */
export async function withLiveConnection<T>(
  context: Pick<OperationContext, 'adapters' | 'log'>,
  connection: Connection,
  work: (live: Connection | undefined) => Promise<T>,
): Promise<T> {
  if (await answers(context, connection)) return work(connection);
  connection.destroy();
  const replacement = await reconnect(context, connection);
  try {
    return await work(replacement);
  } finally {
    await replacement?.close();
  }
}

async function answers(
  { adapters, log }: Pick<OperationContext, 'adapters' | 'log'>,
  connection: Connection,
): Promise<boolean> {
  if (!connection.isOpen()) return false;
  try {
    await adapters.inspector.recoveryState(connection);
    return true;
  } catch (error) {
    log.debug(`the connection to ${connection.description} was lost: ${messageOf(error)}`);
    return false;
  }
}

async function reconnect(
  { adapters, log }: Pick<OperationContext, 'adapters' | 'log'>,
  { parameters, description }: Connection,
): Promise<Connection | undefined> {
  try {
    return await adapters.connections.connect(parameters);
  } catch (error) {
    log.debug(`no new connection to ${description}: ${messageOf(error)}`);
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
