import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError, QueryFailed } from '../../../domain/errors/repmgr-error.ts';
import type { NodeId, NodeRecord } from '../../../domain/node.ts';
import { composeNodeRecord } from '../../../operations/compose-node-record.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { chooseSchemaRole, migrateSchema } from '../../../operations/migrate-schema.ts';
import {
  announceDaemon,
  ensureClusterKey,
  keepClusterKey,
  prepareIncarnation,
} from '../../../operations/prepare-voter.ts';
import { recordEvent } from '../../../operations/record-event.ts';
import { type PlanStep, runPlan } from '../../../operations/run-plan.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode, recoveryStateOf, requireSupportedVersion } from '../../describe-local-node.ts';
import { checkRegistration, type FormerPrimary, readRegistration } from './check-registration.ts';

/** `repmgr primary register` */
export function run(context: CommandContext): Promise<ExitName> {
  return withConnection(
    () => connectToLocal(context),
    (local) => register(context, local),
  );
}

async function register(context: CommandContext, local: Connection): Promise<ExitName> {
  requireSupportedVersion(local);
  if ((await recoveryStateOf(context, local)) !== 'primary') {
    throw new ConfigurationError(`${describeLocalNode(context)} is a standby`, {
      hint: 'use "repmgr standby register"',
    });
  }
  const dryRun = context.options['dry-run'];
  await runPlan(context, [await planSchema(context, local)], { dryRun });
  const isSchemaThere = (await context.adapters.metadata.schemaState(local)).kind === 'present';
  const found = isSchemaThere
    ? await readRegistration(context, local)
    : { own: undefined, formerPrimary: undefined };
  checkRegistration(context, found);
  const work = { local, existing: found.own, formerPrimary: found.formerPrimary };
  await runPlan(context, planRecord(context, work), { dryRun });
  report(context, found.own !== undefined);
  return 'SUCCESS';
}

async function planSchema(context: CommandContext, local: Connection): Promise<PlanStep> {
  const state = await context.adapters.metadata.schemaState(local);
  const request = { connection: local, state, superuser: context.options.superuser };
  const role = await chooseSchemaRole(context, request);
  const by = role.kind === 'superuser' ? ` as superuser "${role.user}"` : '';
  return {
    title:
      state.kind === 'absent'
        ? `create the schema "repmgr"${by}`
        : `complete the schema "repmgr"${by} if needed`,
    action: async () => {
      if (!(await migrateSchema(context, request, role))) return;
      context.log.notice('the schema "repmgr" has been created');
      const nodeId = context.settings.settings.node_id;
      await recordEvent(
        context,
        { nodeId, event: 'cluster_created', successful: true, details: null },
        local,
      );
    },
  };
}

interface Registration {
  readonly local: Connection;
  readonly existing: NodeRecord | undefined;
  readonly formerPrimary: FormerPrimary | undefined;
}

function planRecord(context: CommandContext, registration: Registration): PlanStep[] {
  const { formerPrimary, existing } = registration;
  const deactivation =
    formerPrimary === undefined
      ? ''
      : ` and mark "${formerPrimary.node.nodeName}" (ID: ${formerPrimary.node.nodeId}) as inactive`;
  const verb = existing === undefined ? 'record' : 'overwrite the record of';
  return [
    {
      title: `${verb} ${describeLocalNode(context)} as primary${deactivation}`,
      action: () => writeRecord(context, registration),
    },
  ];
}

async function writeRecord(context: CommandContext, registration: Registration): Promise<void> {
  const { local, existing } = registration;
  const event = {
    nodeId: context.settings.settings.node_id,
    event: 'primary_register',
    details: existing === undefined ? '' : 'existing primary record updated',
  } as const;
  try {
    const incarnation = await prepareIncarnation(context);
    const key = await context.adapters.metadata.transaction(local, () =>
      writeMetadata(context, registration, incarnation),
    );
    await keepClusterKey(context, key);
  } catch (error) {
    const details = error instanceof Error ? error.message : String(error);
    await recordEvent(context, { ...event, successful: false, details }, local);
    throw error;
  }
  await recordEvent(context, { ...event, successful: true }, local);
}

/** Returns the cluster key. */
async function writeMetadata(
  context: CommandContext,
  { local, existing, formerPrimary }: Registration,
  incarnation: string,
): Promise<string> {
  const { metadata } = context.adapters;
  // A term must never go back, not even when the primary is registered once more.
  if ((await metadata.votingTerm(local)) === undefined) await metadata.setVotingTerm(local, 1);
  if (formerPrimary !== undefined) await metadata.setActive(local, formerPrimary.node.nodeId, false);
  const record = composeNodeRecord(context.settings, {
    type: 'primary',
    upstreamNodeId: null,
    replicationUser: context.options['replication-user'],
    existing,
    slotInUse: undefined,
  });
  if (existing === undefined) await metadata.insertNode(local, record);
  else if (!(await metadata.updateNode(local, record))) throw vanished(record.nodeId);
  await announceDaemon(context, local, incarnation);
  return ensureClusterKey(context, local);
}

function vanished(nodeId: NodeId): QueryFailed {
  return new QueryFailed(`the record of node ID ${nodeId} vanished while it was being overwritten`, {
    hint: 'run the command again',
  });
}

function report(context: CommandContext, existed: boolean): void {
  const { log, out, options, settings } = context;
  const { node_id: nodeId, node_name: nodeName } = settings.settings;
  const dryRun = options['dry-run'];
  if (dryRun) log.info('all prerequisites are met');
  else log.notice(`${describeLocalNode(context)} is registered as primary`);
  if (options.json) out.json({ nodeId, nodeName, type: 'primary', existed, dryRun });
}
