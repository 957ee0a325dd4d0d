import { parseConninfo } from '../../../../domain/conninfo/parse-conninfo.ts';
import { describeConninfo } from '../../../../domain/conninfo/render-conninfo.ts';
import type { ExitName } from '../../../../domain/errors/exit-codes.ts';
import { ConfigurationError, ConnectionFailed } from '../../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeRecord } from '../../../../domain/node.ts';
import { findPrimary } from '../../../../operations/find-primary.ts';
import { createSlot } from '../../../../operations/replication-slots.ts';
import { type PlanStep, runPlan } from '../../../../operations/run-plan.ts';
import { withConnection } from '../../../../operations/with-connection.ts';
import {
  composeReplicationConfiguration,
  writeReplicationConfiguration,
} from '../../../../operations/write-replication-configuration.ts';
import type { Connection } from '../../../../ports/connection.ts';
import type { LocalServer, ReplicationConfiguration } from '../../../../ports/local-server.ts';
import type { CommandContext } from '../../../command.ts';
import { judgeSlot, type SlotPlace } from './judge-slot.ts';

interface Target extends SlotPlace {
  readonly primaryConnection: Connection;
}

/** `--replication-conf-only`: for a data directory that was copied by other means. */
export async function writeReplicationConfigurationOnly(context: CommandContext): Promise<ExitName> {
  const { adapters, connectionParameters, signal, settings, options } = context;
  if (options['no-upstream-connection']) {
    throw new ConfigurationError('--replication-conf-only needs a connection to the upstream', {
      hint: 'leave out --no-upstream-connection',
    });
  }
  const localServer = adapters.localServer(settings.settings);
  const isRunning = await inspectTarget(context, localServer.dataDirectory);
  const source = await adapters.connections.connect(connectionParameters, { signal });
  return withConnection(
    async () => source,
    async (connection) => {
      const found = await findPrimary(context, connection);
      const primary = found?.connection ?? connection;
      try {
        return await configure(context, { localServer, isRunning, primary });
      } finally {
        await primary.close();
      }
    },
  );
}

/** True when a server runs there, which only --force accepts. */
async function inspectTarget(
  { adapters, options, log }: CommandContext,
  directory: string,
): Promise<boolean> {
  const state = await adapters.files.inspectDataDirectory(directory);
  if (state.kind !== 'dataDirectory') {
    throw new ConfigurationError(`"${directory}" is not a data directory`, {
      hint: 'copy the data first, or let "repmgr standby clone" do it without --replication-conf-only',
    });
  }
  if (state.livePostmasterPid === undefined) return false;
  const message = `a PostgreSQL server (process ${state.livePostmasterPid}) is running in "${directory}"`;
  if (!options.force) {
    throw new ConfigurationError(message, { hint: 'stop it, or use -F/--force' });
  }
  const action = state.majorVersion >= 13 ? 'reloaded' : 'restarted';
  log.warning(message, { hint: `the server has to be ${action} for the new configuration to take effect` });
  return true;
}

async function configure(
  context: CommandContext,
  request: { readonly localServer: LocalServer; readonly isRunning: boolean; readonly primary: Connection },
): Promise<ExitName> {
  const { adapters, signal } = context;
  const { own, upstream } = await findRecords(context, request.primary);
  return withConnection<ExitName>(
    () => adapters.connections.connect(upstream.conninfo, { signal }).catch(asConfigurationError(upstream)),
    async (upstreamConnection) => {
      const target = { own, upstream, upstreamConnection, primaryConnection: request.primary };
      await requireSameCluster(context, target, request.localServer);
      const slotName = await judgeSlot(context, target);
      const source = { upstream, slotName };
      const configuration = composeReplicationConfiguration(context.settings.settings, source);
      await tryConninfo(context, upstream, configuration);
      const steps = stepsOf(context, target, { localServer: request.localServer, slotName, configuration });
      await runPlan(context, steps, { dryRun: context.options['dry-run'] });
      return 'SUCCESS';
    },
  );
}

/** A directory of another cluster would never stream, and would not be what it was any more either. */
async function requireSameCluster(
  { adapters }: CommandContext,
  { upstream, upstreamConnection }: Target,
  localServer: LocalServer,
): Promise<void> {
  const [here, there] = await Promise.all([
    localServer.controlData(),
    adapters.inspector.controlState(upstreamConnection),
  ]);
  if (here.systemIdentifier === there.systemIdentifier) return;
  throw new ConfigurationError(`"${localServer.dataDirectory}" is no copy of ${describeNode(upstream)}`, {
    detail: `system identifier ${here.systemIdentifier} here, ${there.systemIdentifier} there`,
    hint: 'check data_directory and the connection parameters, or clone without --replication-conf-only',
  });
}

async function findRecords(
  { adapters, settings, options }: CommandContext,
  primary: Connection,
): Promise<{ own: NodeRecord; upstream: NodeRecord }> {
  const nodes = await adapters.metadata.nodes(primary);
  const ownId = settings.settings.node_id;
  const own = nodes.find((node) => node.nodeId === ownId);
  if (own === undefined) {
    throw new ConfigurationError(`this node (ID: ${ownId}) is not registered`, {
      hint: 'run "repmgr standby register --force" with the connection parameters of the primary first',
    });
  }
  const wanted = options['upstream-node-id'];
  const upstream = nodes.find((node) =>
    wanted === undefined ? node.type === 'primary' && node.active : node.nodeId === wanted,
  );
  if (upstream !== undefined && upstream.nodeId !== own.nodeId) return { own, upstream };
  throw new ConfigurationError(
    wanted === undefined ? 'no active primary is registered' : `node ${wanted} can't be the upstream`,
    { hint: 'name a registered node other than this one with --upstream-node-id' },
  );
}

function asConfigurationError(upstream: NodeRecord): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ConnectionFailed)) throw error;
    throw new ConfigurationError(`${describeNode(upstream)}, the upstream, can't be reached`, {
      detail: error.message,
      hint: 'start it, or name another with --upstream-node-id',
      cause: error,
    });
  };
}

/** Opens a replication connection by the very conninfo that the standby will use. */
async function tryConninfo(
  { adapters, options, log, signal }: CommandContext,
  upstream: NodeRecord,
  { primaryConninfo }: ReplicationConfiguration,
): Promise<void> {
  const parameters = parseConninfo(primaryConninfo ?? '');
  try {
    const connection = await adapters.connections.connect(parameters, { replication: true, signal });
    await connection.close();
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    const message = `${describeNode(upstream)} takes no replication connection by "${describeConninfo(parameters)}"`;
    if (!options.force) {
      throw new ConfigurationError(message, {
        detail: error.message,
        hint: 'check pg_hba.conf there, or use -F/--force to write the configuration all the same',
        cause: error,
      });
    }
    log.warning(message, { detail: error.message });
  }
}

function stepsOf(
  context: CommandContext,
  { own, upstream, upstreamConnection, primaryConnection }: Target,
  change: {
    readonly localServer: LocalServer;
    readonly slotName: string | null;
    readonly configuration: ReplicationConfiguration;
  },
): readonly PlanStep[] {
  const { adapters, settings, options } = context;
  const { localServer, slotName, configuration } = change;
  const steps: PlanStep[] = [];
  if (slotName !== null && own.slotName === null) {
    steps.push({
      title: `record the slot name "${slotName}" for ${describeNode(own)}`,
      action: async () => void (await adapters.metadata.setSlotName(primaryConnection, own.nodeId, slotName)),
    });
  }
  steps.push({
    title: `write to "${localServer.dataDirectory}/postgresql.auto.conf": ${describeConfiguration(configuration)}; and standby.signal`,
    action: async () =>
      void (await writeReplicationConfiguration(settings.settings, localServer, { upstream, slotName })),
  });
  if (slotName === null) return steps;
  const roles = { superuser: options.superuser, recordedUser: upstream.replicationUser };
  steps.push({
    title: `create replication slot "${slotName}" on ${describeNode(upstream)} unless it is there`,
    action: async () => void (await createSlot(context, { connection: upstreamConnection, roles }, slotName)),
  });
  return steps;
}

const keyOf = {
  primaryConninfo: 'primary_conninfo',
  primarySlotName: 'primary_slot_name',
  restoreCommand: 'restore_command',
  archiveCleanupCommand: 'archive_cleanup_command',
  recoveryMinApplyDelay: 'recovery_min_apply_delay',
  walRetrieveRetryInterval: 'wal_retrieve_retry_interval',
} as const satisfies Record<keyof ReplicationConfiguration, string>;

/** The settings as they are written, passwords left out. */
function describeConfiguration(configuration: ReplicationConfiguration): string {
  return Object.entries(keyOf)
    .flatMap(([property, key]) => {
      const value = configuration[property as keyof typeof keyOf];
      if (value === undefined || value === null) return [];
      const shown = property === 'primaryConninfo' ? describeConninfo(parseConninfo(value)) : value;
      return [`${key} = '${shown}'`];
    })
    .join(', ');
}
