import { quickRetryInterval } from '../decisions/clone/retry-interval.ts';
import { needsReplicationSlot } from '../decisions/slots/uses-replication-slots.ts';
import { ConfigurationError, OperationFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord, slotNameFor } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { LocalServer } from '../ports/local-server.ts';
import { dropFormerSlot, type FormerSlot } from './drop-former-slot.ts';
import { type FollowContent, isFollow } from './journal/entry.ts';
import { type OpenEntry, openEntry, readEntries } from './journal/operation-journal.ts';
import { settleFollows } from './journal/settle-follows.ts';
import type { OperationContext } from './operation-context.ts';
import { createSlot, type SlotRoles } from './replication-slots.ts';
import { slotSetting } from './slot-setting.ts';
import { type Attachment, waitForAttachment } from './wait-for-attachment.ts';
import { writeReplicationConfiguration } from './write-replication-configuration.ts';

export interface ConnectedNode {
  readonly node: NodeRecord;
  readonly connection: Connection;
}

export interface FollowRequest {
  /** Whom to stream from; may be the primary itself. */
  readonly target: ConnectedNode;
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  readonly slotRoles: SlotRoles;
  /** Leaves the slot on the former upstream alone. */
  readonly keepFormerSlot: boolean;
  /** How long to wait until the node streams; 0 looks only once. */
  readonly attachTimeoutMs: number;
}

export interface FollowResult {
  readonly activation: 'reloaded' | 'restarted' | 'started';
  readonly slotName: string | null;
  readonly attachment: Attachment;
  readonly formerSlot: FormerSlot;
}

/**
 * Attaches the local node, running or stopped, to `target`: slot, replication configuration, reload, restart
 * or start, record in the metadata, and the wait until it streams. Not being attached is a result, not an
 * error.
 * @throws OperationFailed (NO_RESTART) when the server could not be made to use its new configuration.
 */
export async function followUpstream(
  context: OperationContext,
  request: FollowRequest,
): Promise<FollowResult> {
  const { settings, log } = context;
  const own = await ownRecord(context, request.primary);
  const journal = await beginFollow(context, request, own);
  const slotName = await prepareSlot(context, request, own);
  const walRetrieveRetryInterval = await retryIntervalFor(context, request);
  await writeReplicationConfiguration(settings.settings, request.localServer, {
    upstream: request.target.node,
    slotName,
    ...(walRetrieveRetryInterval === undefined ? {} : { walRetrieveRetryInterval }),
  });
  const activation = await activate(context, request.localServer);
  log.info(`the local server was ${activation} to follow ${describeNode(request.target.node)}`);
  await recordUpstream(context, request, own.nodeId);
  const attachment = await waitForAttachment(context, {
    connection: request.target.connection,
    nodeName: own.nodeName,
    timeoutMs: request.attachTimeoutMs,
  });
  const formerSlot = request.keepFormerSlot
    ? 'kept'
    : await dropFormerSlot(context, { own, target: request.target, primary: request.primary.connection });
  await journal.close();
  if (attachment.isAttached) {
    const { abandoned } = await readEntries(context);
    await settleFollows(context, abandoned.filter(isFollow), {
      own,
      streamsFrom: request.target.node.nodeId,
      nodes: request.primary.connection,
    });
  }
  return { activation, slotName, attachment, formerSlot };
}

/** Noted before the first step, so that no slot is left behind on either upstream when this process is killed. */
function beginFollow(
  context: OperationContext,
  { target, keepFormerSlot }: FollowRequest,
  own: NodeRecord,
): Promise<OpenEntry<FollowContent>> {
  return openEntry<FollowContent>(context, {
    operation: 'follow',
    stage: 'pointing',
    slotName: own.slotName ?? slotNameFor(own.nodeId),
    from: keepFormerSlot ? null : own.upstreamNodeId,
    to: target.node.nodeId,
  });
}

async function ownRecord(
  { adapters, settings }: OperationContext,
  primary: ConnectedNode,
): Promise<NodeRecord> {
  const nodeId = settings.settings.node_id as NodeId;
  const own = await adapters.metadata.node(primary.connection, nodeId);
  if (own !== undefined) return own;
  throw new ConfigurationError(
    `this node (ID: ${nodeId}) is not registered on ${describeNode(primary.node)}`,
    {
      hint: 'run "repmgr standby register" on this node',
    },
  );
}

async function prepareSlot(
  context: OperationContext,
  request: FollowRequest,
  own: NodeRecord,
): Promise<string | null> {
  const { adapters, settings, log } = context;
  const { serverVersionNum } = request.target.connection;
  if (!needsReplicationSlot(slotSetting(settings), own, serverVersionNum)) return null;
  const slotName = own.slotName ?? slotNameFor(own.nodeId);
  if (own.slotName === null) {
    await adapters.metadata.setSlotName(request.primary.connection, own.nodeId, slotName);
  }
  const { connection, node } = request.target;
  if (await streamsAlready(context, request.target, { slotName, nodeName: own.nodeName })) return slotName;
  const roles = { recordedUser: node.replicationUser, ...request.slotRoles };
  const outcome = await createSlot(context, { connection, roles }, slotName);
  log.info(`replication slot "${slotName}" ${outcome} on ${describeNode(node)}`);
  return slotName;
}

/** The target may be followed already, for example when a sibling has just been promoted: then the slot is in use. */
async function streamsAlready(
  { adapters }: OperationContext,
  { connection }: ConnectedNode,
  own: { readonly slotName: string; readonly nodeName: string },
): Promise<boolean> {
  const slots = await adapters.inspector.replicationSlots(connection);
  if (!slots.some((slot) => slot.slotName === own.slotName && slot.active)) return false;
  return (await adapters.inspector.attachmentOf(connection, own.nodeName)) === 'attached';
}

/** For a former primary, which never needed the setting; its own value is as that of the node it follows. */
async function retryIntervalFor(
  { adapters }: OperationContext,
  { localServer, target }: FollowRequest,
): Promise<string | undefined> {
  const name = 'wal_retrieve_retry_interval';
  if ((await localServer.processState()).kind === 'running') return undefined;
  if ((await localServer.autoConfValue(name)) !== undefined) return undefined;
  const settings = await adapters.inspector.settings(target.connection, [name]);
  return quickRetryInterval(settings.get(name));
}

/** Makes the server use the configuration just written. */
async function activate(
  context: OperationContext,
  localServer: LocalServer,
): Promise<FollowResult['activation']> {
  const { settings, signal } = context;
  const timeoutMs = settings.settings.standby_reconnect_timeout * 1_000;
  try {
    if ((await localServer.processState()).kind !== 'running') {
      await localServer.start({ wait: true, timeoutMs, signal });
      return 'started';
    }
    if (await reloadIfEnough(context, localServer)) return 'reloaded';
    await restart(localServer, { timeoutMs, signal });
    return 'restarted';
  } catch (error) {
    throw new OperationFailed(
      `the server in "${localServer.dataDirectory}" could not be restarted or started`,
      {
        exit: 'NO_RESTART',
        detail: error instanceof Error ? error.message : String(error),
        hint: 'its replication configuration is written: find the reason in the log of PostgreSQL and start it',
        cause: error,
      },
    );
  }
}

/** From PostgreSQL 13 on primary_conninfo and primary_slot_name take effect by a reload (manual 20.6.3). */
async function reloadIfEnough(
  { settings, log }: OperationContext,
  localServer: LocalServer,
): Promise<boolean> {
  const majorVersion = (await localServer.majorVersion()) ?? 0;
  if (majorVersion < 13 || settings.settings.standby_follow_restart) return false;
  try {
    await localServer.reload({ timeoutMs: settings.settings.standby_follow_timeout * 1_000 });
    return true;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    log.warning('the configuration could not be reloaded; restarting the server instead', { detail });
    return false;
  }
}

async function restart(
  localServer: LocalServer,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  if (localServer.hasServiceCommand('restart') || !localServer.hasServiceCommand('stop')) {
    await localServer.restart(options);
    return;
  }
  // Where only stop and start are configured, pg_ctl restart would go behind the service manager's back.
  await localServer.stop({ mode: 'fast', wait: true, ...options });
  await localServer.start({ wait: true, ...options });
}

async function recordUpstream(
  { adapters }: OperationContext,
  { primary, target }: FollowRequest,
  nodeId: NodeId,
): Promise<void> {
  if (await adapters.metadata.recordStandby(primary.connection, nodeId, target.node.nodeId)) return;
  throw new OperationFailed(`the record of this node on ${describeNode(primary.node)} could not be updated`, {
    exit: 'DB_QUERY',
    hint: 'the node itself follows its new upstream; run "repmgr standby register --force" on it',
  });
}
