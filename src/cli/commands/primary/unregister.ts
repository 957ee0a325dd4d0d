import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError, ConnectionFailed, QueryFailed } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord } from '../../../domain/node.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { recordEvent } from '../../../operations/record-event.ts';
import { runPlan } from '../../../operations/run-plan.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode } from '../../describe-local-node.ts';
import { checkRemoval } from './check-removal.ts';

/** `repmgr primary unregister` */
export async function run(context: CommandContext): Promise<ExitName> {
  const primary = await withConnection(
    () => connectToLocal(context),
    (local) => findRecordedPrimary(context, local),
  );
  return withConnection(
    () => connectToPrimary(context, primary),
    (connection) => unregister(context, connection, primary),
  );
}

async function findRecordedPrimary(context: CommandContext, local: Connection): Promise<NodeRecord> {
  const { metadata } = context.adapters;
  const ownId = context.settings.settings.node_id as NodeId;
  if ((await metadata.node(local, ownId)) === undefined) {
    throw new ConfigurationError(`${describeLocalNode(context)} is not registered`, {
      hint: 'run the command on a registered node',
    });
  }
  const primary = await metadata.recordedPrimary(local);
  if (primary !== undefined) return primary;
  throw new ConnectionFailed(
    'no node is recorded as active primary, so there is none to change the metadata on',
    {
      hint: 'promote a standby, or register the running primary with "repmgr primary register --force"',
    },
  );
}

async function connectToPrimary(
  { adapters, signal }: CommandContext,
  primary: NodeRecord,
): Promise<Connection> {
  try {
    return await adapters.connections.connect(primary.conninfo, { signal });
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    throw new ConnectionFailed(`the primary, ${describeNode(primary)}, cannot be reached`, {
      detail: error.message,
      hint: 'if it has failed, promote a standby first and run this command there',
      cause: error,
      sqlState: error.sqlState,
    });
  }
}

async function unregister(
  context: CommandContext,
  connection: Connection,
  primary: NodeRecord,
): Promise<ExitName> {
  const { adapters, options, settings, log, out } = context;
  const target = await findTarget(context, connection, primary);
  await checkRemoval(context, { target, connection });
  const dryRun = options['dry-run'];
  const step = {
    title: `remove the record of ${describeNode(target)}`,
    action: async () => {
      if (!(await adapters.metadata.deleteNode(connection, target.nodeId))) {
        throw new QueryFailed(`the record of ${describeNode(target)} vanished before it could be removed`, {
          hint: 'see "repmgr cluster show"',
        });
      }
    },
  };
  await runPlan(context, [step], { dryRun });
  if (!dryRun) {
    log.notice(`${describeNode(target)} is no longer registered`);
    const details = `${describeNode(target)} unregistered`;
    const nodeId = settings.settings.node_id;
    await recordEvent(
      context,
      { nodeId, event: 'primary_unregister', successful: true, details },
      connection,
    );
  }
  if (options.json) out.json({ nodeId: target.nodeId, nodeName: target.nodeName, type: target.type, dryRun });
  return 'SUCCESS';
}

/** The node of --node-id, else the active primary, whichever node this is. */
async function findTarget(
  { adapters, options }: CommandContext,
  connection: Connection,
  primary: NodeRecord,
): Promise<NodeRecord> {
  const nodeId = (options['node-id'] ?? primary.nodeId) as NodeId;
  const target = await adapters.metadata.node(connection, nodeId);
  if (target !== undefined) return target;
  throw new ConfigurationError(`there is no record of a node with ID ${nodeId}`, {
    hint: '"repmgr cluster show" lists the registered nodes',
  });
}
