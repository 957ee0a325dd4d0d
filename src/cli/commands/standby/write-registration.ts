import { ConfigurationError, ConnectionFailed, QueryFailed } from '../../../domain/errors/repmgr-error.ts';
import type { ClusterEvent } from '../../../domain/event.ts';
import { describeNode, type NodeRecord } from '../../../domain/node.ts';
import { composeNodeRecord } from '../../../operations/compose-node-record.ts';
import {
  announceDaemon,
  ensureClusterKey,
  keepClusterKey,
  prepareIncarnation,
} from '../../../operations/prepare-voter.ts';
import { recordEvent } from '../../../operations/record-event.ts';
import type { PlanStep } from '../../../operations/run-plan.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode } from '../../describe-local-node.ts';
import type { Registration } from './gather-registration.ts';

/** The steps that register a standby. */
export function writeRegistration(context: CommandContext, registration: Registration): PlanStep[] {
  const { upstream, existing } = registration;
  const steps: PlanStep[] = [];
  if (registration.isSchemaIncomplete) {
    steps.push({
      title: 'complete the schema "repmgr" on the primary',
      action: () => completeSchema(context, registration),
    });
  }
  if (upstream.node === undefined) {
    steps.push({
      title: `record an inactive placeholder for the upstream, node ID ${upstream.nodeId}`,
      action: () => writePlaceholder(context, registration),
    });
  }
  const verb = existing === undefined ? 'record' : 'overwrite the record of';
  steps.push({
    title: `${verb} ${describeLocalNode(context)} as standby of node ID ${upstream.nodeId}`,
    action: () => writeOwnRecord(context, registration),
  });
  return steps;
}

/** The schema of a cluster that repmgr itself made lacks the tables of the daemons. */
async function completeSchema({ adapters }: CommandContext, { primary }: Registration): Promise<void> {
  try {
    await adapters.metadata.migrate(primary.connection);
  } catch (error) {
    if (!(error instanceof QueryFailed)) throw error;
    throw new ConfigurationError(
      'the schema "repmgr" on the primary lacks tables and could not be completed',
      {
        detail: error.message,
        hint: 'run "repmgr primary register --force --superuser=..." on the primary first',
        cause: error,
      },
    );
  }
}

async function writePlaceholder(context: CommandContext, { primary, upstream }: Registration): Promise<void> {
  const { metadata } = context.adapters;
  const placeholder: NodeRecord = {
    nodeId: upstream.nodeId,
    upstreamNodeId: primary.node.nodeId,
    active: false,
    nodeName: '',
    type: 'standby',
    location: 'default',
    priority: 0,
    conninfo: context.options['upstream-conninfo'] ?? '',
    replicationUser: '',
    slotName: null,
    configFile: '',
  };
  try {
    await metadata.insertNode(primary.connection, placeholder);
  } catch (error) {
    // Another node may have recorded it at the same time; then it is there, which is all that is wanted.
    if ((await metadata.node(primary.connection, upstream.nodeId)) === undefined) throw error;
  }
}

async function writeOwnRecord(context: CommandContext, registration: Registration): Promise<void> {
  const { primary, upstream } = registration;
  const forced = context.options.force ? ' (-F/--force option was used)' : '';
  const base = standbyEvent(registration, 'standby_register');
  try {
    const incarnation = await prepareIncarnation(context);
    const key = await context.adapters.metadata.transaction(primary.connection, () =>
      writeMetadata(context, registration, incarnation),
    );
    await keepClusterKey(context, key);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const details = `standby registration failed: ${reason}${forced}`;
    await recordEvent(context, { ...base, successful: false, details }, primary.connection);
    throw asRefusal(error);
  }
  const details = `standby registration succeeded; upstream node ID is ${upstream.nodeId}${forced}`;
  await recordEvent(context, { ...base, successful: true, details }, primary.connection);
}

/** Returns the cluster key. */
async function writeMetadata(
  context: CommandContext,
  { primary: { connection }, upstream, existing, slotInUse }: Registration,
  incarnation: string,
): Promise<string> {
  const { metadata } = context.adapters;
  const record = composeNodeRecord(context.settings, {
    type: 'standby',
    upstreamNodeId: upstream.nodeId,
    replicationUser: context.options['replication-user'],
    existing,
    slotInUse,
  });
  if (existing === undefined) await metadata.insertNode(connection, record);
  else if (!(await metadata.updateNode(connection, record))) {
    throw new QueryFailed(`the record of ${describeNode(record)} vanished while it was being overwritten`, {
      hint: 'run the command again',
    });
  }
  await announceDaemon(context, connection, incarnation);
  return ensureClusterKey(context, connection);
}

/** Scripts know status 1 for a standby that could not be registered. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof QueryFailed || error instanceof ConnectionFailed)) return error;
  return new ConfigurationError('the standby could not be registered', {
    detail: error.message,
    hint: error.hint ?? 'check that the primary is up and run the command again',
    cause: error,
  });
}

/** Event without outcome; its placeholders name the primary. */
export function standbyEvent(
  { self, primary }: Registration,
  event: 'standby_register' | 'standby_register_sync',
): Pick<ClusterEvent, 'nodeId' | 'event' | 'context'> {
  const { nodeId, conninfo, nodeName } = primary.node;
  return { nodeId: self.nodeId, event, context: { nodeId, conninfo, nodeName } };
}
