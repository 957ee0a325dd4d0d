import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError, QueryFailed } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord } from '../../../domain/node.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { recordEvent } from '../../../operations/record-event.ts';
import { runPlan } from '../../../operations/run-plan.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { findPrimaryOrFail } from '../../find-primary-or-fail.ts';

/** `repmgr standby unregister` */
export function run(context: CommandContext): Promise<ExitName> {
  return withConnection(
    () => connectToLocal(context),
    async (local) => {
      const { connection } = await findPrimaryOrFail(context, local);
      return withConnection(
        () => Promise.resolve(connection),
        (primary) => unregister(context, primary),
      );
    },
  );
}

async function unregister(context: CommandContext, primary: Connection): Promise<ExitName> {
  const { options, log, out } = context;
  const target = await findTarget(context, primary);
  await checkTarget(context, primary, target);
  const dryRun = options['dry-run'];
  const step = {
    title: `remove the record of ${describeNode(target)}`,
    action: () => remove(context, primary, target),
  };
  await runPlan(context, [step], { dryRun });
  if (!dryRun) log.notice(`${describeNode(target)} is no longer registered`);
  if (options.json) out.json({ nodeId: target.nodeId, nodeName: target.nodeName, type: target.type, dryRun });
  return 'SUCCESS';
}

/** The node of --node-id or --node-name, else this one. */
async function findTarget(
  { adapters: { metadata }, options, settings }: CommandContext,
  primary: Connection,
): Promise<NodeRecord> {
  const name = options['node-name'];
  const nodeId = (options['node-id'] ?? settings.settings.node_id) as NodeId;
  const target =
    name === undefined ? await metadata.node(primary, nodeId) : await metadata.nodeByName(primary, name);
  if (target !== undefined) return target;
  const which = name === undefined ? `with ID ${nodeId}` : `"${name}"`;
  throw new ConfigurationError(`there is no record of a node ${which}`, {
    hint: '"repmgr cluster show" lists the registered nodes',
  });
}

async function checkTarget(
  { adapters }: CommandContext,
  primary: Connection,
  target: NodeRecord,
): Promise<void> {
  if (target.type !== 'standby') {
    throw new ConfigurationError(`${describeNode(target)} is registered as ${target.type}, not as standby`, {
      hint: `use "repmgr ${target.type} unregister"`,
    });
  }
  const nodes = await adapters.metadata.nodes(primary);
  const downstream = nodes.filter(({ upstreamNodeId }) => upstreamNodeId === target.nodeId);
  if (downstream.length === 0) return;
  throw new ConfigurationError(
    `other nodes have ${describeNode(target)} as their upstream: ${downstream.map(describeNode).join(', ')}`,
    { hint: 'make them follow another node first, or unregister them' },
  );
}

async function remove(context: CommandContext, primary: Connection, target: NodeRecord): Promise<void> {
  try {
    await context.adapters.metadata.deleteNode(primary, target.nodeId);
  } catch (error) {
    if (!(error instanceof QueryFailed)) throw error;
    throw new ConfigurationError(`the record of ${describeNode(target)} could not be removed`, {
      detail: error.message,
      hint: 'see "repmgr cluster show" for nodes that depend on it',
      cause: error,
    });
  }
  const event = {
    nodeId: target.nodeId,
    event: 'standby_unregister',
    successful: true,
    details: null,
  } as const;
  await recordEvent(context, event, primary);
}
