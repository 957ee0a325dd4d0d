import { OperationFailed } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord } from '../../../domain/node.ts';
import { type FoundPrimary, findPrimary } from '../../../operations/find-primary.ts';
import type { ConnectedNode } from '../../../operations/follow-upstream.ts';
import { waitUntil } from '../../../operations/wait-until.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';

export interface FollowTarget {
  readonly target: ConnectedNode;
  readonly primary: ConnectedNode;
}

const retryIntervalMs = 250;

/**
 * The node to follow: `--upstream-node-id`, else the primary; and the primary itself. With --wait it is looked
 * for until primary_follow_timeout is over.
 * @throws OperationFailed (FOLLOW_FAIL). The caller closes both connections.
 */
export async function findFollowTarget(context: CommandContext, local: Connection): Promise<FollowTarget> {
  const wanted = context.options['upstream-node-id'];
  if (wanted === undefined) return followPrimary(context, local);
  const node = await namedNode(context, local, wanted as NodeId);
  const connection = await connectTo(context, node);
  try {
    if ((await context.adapters.inspector.recoveryState(connection)) === 'primary') {
      return { target: { node, connection }, primary: { node, connection } };
    }
    const primary = await findPrimary(context, connection);
    if (primary === undefined) throw noPrimary(context, `by what ${describeNode(node)} knows`);
    return { target: { node, connection }, primary };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

async function followPrimary(context: CommandContext, local: Connection): Promise<FollowTarget> {
  const found = await retried(context, () => findPrimary(context, local));
  if (found === undefined) throw noPrimary(context, 'among the registered nodes');
  const primary = await withOwnWord(context, found);
  return { target: primary, primary };
}

/** The local copy of the metadata may be old: what the primary says of itself counts. */
async function withOwnWord(context: CommandContext, found: FoundPrimary): Promise<ConnectedNode> {
  const node = await context.adapters.metadata.node(found.connection, found.node.nodeId);
  if (node !== undefined) return { node, connection: found.connection };
  found.connection.destroy();
  throw failed(`${describeNode(found.node)} has no record of itself`, 'register it with --force');
}

async function namedNode(context: CommandContext, local: Connection, nodeId: NodeId): Promise<NodeRecord> {
  const own = context.settings.settings.node_id;
  if (nodeId === own) {
    throw failed(`node ${own} can not follow itself`, 'name another node with --upstream-node-id');
  }
  const node = await context.adapters.metadata.node(local, nodeId);
  if (node !== undefined) return node;
  throw failed(`no node with ID ${nodeId} is registered`, 'check --upstream-node-id against "cluster show"');
}

async function connectTo(context: CommandContext, node: NodeRecord): Promise<Connection> {
  const { adapters, signal } = context;
  let reason = '';
  const connection = await retried(context, async () => {
    try {
      return await adapters.connections.connect(node.conninfo, { signal });
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  });
  if (connection !== undefined) return connection;
  throw failed(`${describeNode(node)} can't be reached`, 'start it, or use --wait to wait for it', reason);
}

/** Once, or with --wait as long as primary_follow_timeout allows. */
async function retried<T>(
  context: CommandContext,
  probe: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { adapters, options, settings, signal } = context;
  const timeoutMs = options.wait === undefined ? 0 : settings.settings.primary_follow_timeout * 1_000;
  return waitUntil({ clock: adapters.clock, intervalMs: retryIntervalMs, timeoutMs, signal }, probe);
}

function noPrimary({ options, settings }: CommandContext, where: string): OperationFailed {
  const waited = options.wait === undefined ? '' : ` within ${settings.settings.primary_follow_timeout} s`;
  return failed(`no running primary was found ${where}${waited}`, '"repmgr cluster show" shows every node');
}

function failed(message: string, hint: string, detail?: string): OperationFailed {
  return new OperationFailed(message, {
    exit: 'FOLLOW_FAIL',
    hint,
    ...(detail === undefined ? {} : { detail }),
  });
}
