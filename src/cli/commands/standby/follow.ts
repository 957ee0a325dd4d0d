import { canAttach } from '../../../decisions/attach/can-attach.ts';
import { needsReplicationSlot } from '../../../decisions/slots/uses-replication-slots.ts';
import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { Cancelled, ConfigurationError, OperationFailed } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord, slotNameFor } from '../../../domain/node.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { type FollowResult, followUpstream } from '../../../operations/follow-upstream.ts';
import { findFreeSlot } from '../../../operations/free-slot.ts';
import { observeRunningStandby, observeUpstream } from '../../../operations/observe-positions.ts';
import { recordEvent } from '../../../operations/record-event.ts';
import { slotSetting } from '../../../operations/slot-setting.ts';
import { describeAttachment } from '../../../operations/wait-for-attachment.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { LocalServer } from '../../../ports/local-server.ts';
import { applyOptionsToSettings } from '../../apply-options-to-settings.ts';
import type { CommandContext, CommandRun } from '../../command.ts';
import { namesHost } from '../../connection-parameters.ts';
import { type FollowTarget, findFollowTarget } from './find-follow-target.ts';

/** `repmgr standby follow`: attaches the running local standby to the primary or to a given node. */
export const run: CommandRun = (given) => {
  const context = { ...given, settings: applyOptionsToSettings(given.settings, given.options) };
  return withConnection(
    () => connectToLocal(context),
    async (local) => {
      const own = await requireStandby(context, local);
      const targets = await findFollowTarget(context, local);
      try {
        return await follow(context, { local, own, ...targets });
      } finally {
        await Promise.all([targets.target.connection.close(), targets.primary.connection.close()]);
      }
    },
  );
};

interface Following extends FollowTarget {
  readonly local: Connection;
  readonly own: NodeRecord;
}

async function requireStandby(context: CommandContext, local: Connection): Promise<NodeRecord> {
  const { adapters, settings } = context;
  const { node_id: nodeId, node_name: nodeName } = settings.settings;
  if ((await adapters.inspector.recoveryState(local)) === 'primary') {
    throw new ConfigurationError(`node "${nodeName}" is no standby: it is out of recovery`, {
      hint: 'stop it, and use "repmgr node rejoin" to make it follow another node',
    });
  }
  const own = await adapters.metadata.node(local, nodeId as NodeId);
  if (own !== undefined) return own;
  throw new ConfigurationError(`this node (ID: ${nodeId}) is not registered`, {
    hint: 'run "repmgr standby register" on this node',
  });
}

async function follow(context: CommandContext, following: Following): Promise<ExitName> {
  const { adapters, settings, options, log, connectionParameters } = context;
  const { target, primary } = following;
  const localServer = adapters.localServer(settings.settings);
  await requireFreeSlot(context, following);
  await requireAttachable(context, following, localServer);
  if (options['dry-run']) {
    log.info(`would make node "${settings.settings.node_name}" follow ${describeNode(target.node)}`);
    return 'SUCCESS';
  }
  log.notice(`following ${describeNode(target.node)}`);
  try {
    const result = await followUpstream(context, {
      target,
      primary,
      localServer,
      slotRoles: {},
      keepFormerSlot: namesHost(connectionParameters),
      attachTimeoutMs: settings.settings.standby_follow_timeout * 1_000,
    });
    return await conclude(context, following, result);
  } catch (error) {
    const isTold = error instanceof NotAttached || error instanceof Cancelled;
    if (!isTold) await recordFailure(context, following, error);
    throw error;
  }
}

async function requireFreeSlot(context: CommandContext, { own, target }: Following): Promise<void> {
  const { settings } = context;
  const { serverVersionNum } = target.connection;
  if (!needsReplicationSlot(slotSetting(settings), own, serverVersionNum)) return;
  const slotName = own.slotName ?? slotNameFor(own.nodeId);
  const { isAvailable, used, limit } = await findFreeSlot(context, target.connection, slotName);
  if (isAvailable) return;
  throw new OperationFailed(`no replication slot is free on ${describeNode(target.node)}`, {
    exit: 'FOLLOW_FAIL',
    detail: `${used} of ${limit} are taken`,
    hint: 'drop slots that nobody needs there, or increase max_replication_slots',
  });
}

async function requireAttachable(
  context: CommandContext,
  { local, own, target }: Following,
  localServer: LocalServer,
): Promise<void> {
  // The own position first, so that the upstream's is never the older of the two.
  const position = await observeRunningStandby(context, { connection: local, localServer, node: own });
  const upstream = await observeUpstream(context, target, 'FOLLOW_FAIL');
  const verdict = canAttach(position, upstream);
  if (verdict.kind === 'attachable') {
    context.log.info(`this node can follow ${describeNode(target.node)}: ${verdict.message}`);
    return;
  }
  const diverged = 'stop this node, and use "repmgr node rejoin --force-rewind"';
  throw new OperationFailed(`this node can not follow ${describeNode(target.node)}: ${verdict.message}`, {
    exit: 'FOLLOW_FAIL',
    detail: verdict.evidence.join('; '),
    hint: verdict.kind === 'diverged' ? diverged : 'clone it anew with "repmgr standby clone --force"',
  });
}

/** The node uses its new configuration, but does not stream: the event says so already. */
class NotAttached extends OperationFailed {}

async function conclude(
  context: CommandContext,
  following: Following,
  { attachment, activation }: FollowResult,
): Promise<ExitName> {
  const { node_name: nodeName, standby_follow_timeout: timeoutSecs } = context.settings.settings;
  const { target } = following;
  const state = describeAttachment(attachment.state);
  const details = `node "${nodeName}" (ID: ${following.own.nodeId}) is ${state} (upstream: ${describeNode(target.node)})`;
  await recordFollow(context, following, { successful: attachment.isAttached, details });
  if (attachment.isAttached) {
    const waited = `${Math.round(attachment.waitedMs)} ms after it was ${activation}`;
    context.log.notice(`node "${nodeName}" streams from ${describeNode(target.node)} (${waited})`);
    return 'SUCCESS';
  }
  throw new NotAttached(`${details} after ${timeoutSecs} s`, {
    exit: 'FOLLOW_FAIL',
    hint: 'look into the PostgreSQL logs of both nodes (pg_hba.conf, WAL already removed); standby_follow_timeout bounds the wait',
  });
}

async function recordFailure(context: CommandContext, following: Following, error: unknown): Promise<void> {
  const details = error instanceof Error ? error.message : String(error);
  await recordFollow(context, following, { successful: false, details });
}

async function recordFollow(
  context: CommandContext,
  { own, target, primary }: Following,
  event: { readonly successful: boolean; readonly details: string },
): Promise<void> {
  const { nodeId, nodeName, conninfo } = target.node;
  await recordEvent(
    context,
    { nodeId: own.nodeId, event: 'standby_follow', ...event, context: { nodeId, nodeName, conninfo } },
    primary.connection,
  );
}
