import { OperationFailed, RepmgrError } from '../../../domain/errors/repmgr-error.ts';
import type { NodeRecord, RecoveryState } from '../../../domain/node.ts';
import type { SystemIdentifier } from '../../../domain/system-identifier.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { ReplicationRow, WalPositions } from '../../../ports/server-inspector.ts';
import type { CommandContext } from '../../command.ts';

/** What there is to know of the local node. */
export interface NodeFacts {
  readonly node: NodeRecord;
  readonly upstream: NodeRecord | undefined;
  readonly recoveryState: RecoveryState;
  /** The first word of server_version. */
  readonly serverVersion: string;
  /** Of all databases; null when the role may not see it. */
  readonly totalDataBytes: bigint | null;
  /** Null when it could not be read. */
  readonly systemIdentifier: SystemIdentifier | null;
  readonly archiveMode: string;
  readonly archiveCommand: string;
  /** Files that wait to be archived; null when the folder could not be read. */
  readonly pendingArchiveFiles: number | null;
  readonly maxWalSenders: number;
  readonly occupiedWalSenders: number;
  readonly maxReplicationSlots: number;
  readonly activeSlots: readonly string[];
  readonly inactiveSlots: readonly string[];
  /** Slots that registered standbys need here and that don't exist. */
  readonly missingSlots: readonly string[];
  readonly positions: WalPositions;
  /** Registered downstream nodes that do not stream from here. */
  readonly detached: readonly NodeRecord[];
}

const settingNames = [
  'server_version',
  'archive_mode',
  'archive_command',
  'max_wal_senders',
  'max_replication_slots',
] as const;

/** Asks the local server and its data directory. */
export async function gatherNodeFacts(
  context: CommandContext,
  local: Connection,
  node: NodeRecord,
): Promise<NodeFacts> {
  const { inspector, metadata } = context.adapters;
  const [nodes, settings, positions, rows, slots, totalDataBytes] = await Promise.all([
    metadata.nodes(local),
    inspector.settings(local, settingNames),
    inspector.walPositions(local),
    inspector.replicationRows(local),
    inspector.replicationSlots(local),
    inspector.totalDataBytes(local),
  ]);
  const setting = (name: (typeof settingNames)[number]): string => settings.get(name) ?? '';
  const physical = slots.filter(({ slotType }) => slotType === 'physical');
  const downstream = nodes.filter(
    ({ upstreamNodeId, type }) => upstreamNodeId === node.nodeId && type !== 'witness',
  );
  const slotNames = new Set(physical.map(({ slotName }) => slotName));
  return {
    node,
    upstream: nodes.find(({ nodeId }) => nodeId === node.upstreamNodeId),
    recoveryState: positions.recoveryState,
    serverVersion: setting('server_version').split(' ')[0] ?? '',
    totalDataBytes,
    systemIdentifier: await readSystemIdentifier(context),
    archiveMode: setting('archive_mode'),
    archiveCommand: setting('archive_command'),
    pendingArchiveFiles: await countPending(context),
    maxWalSenders: Number(setting('max_wal_senders')),
    occupiedWalSenders: rows.length,
    maxReplicationSlots: Number(setting('max_replication_slots')),
    activeSlots: physical.filter(({ active }) => active).map(({ slotName }) => slotName),
    inactiveSlots: physical.filter(({ active }) => !active).map(({ slotName }) => slotName),
    missingSlots: downstream.flatMap(({ slotName }) =>
      slotName !== null && !slotNames.has(slotName) ? [slotName] : [],
    ),
    positions,
    detached: downstream.filter(({ nodeName }) => !isAttached(rows, nodeName)),
  };
}

/** One row of that name, streaming as far as this role may see. */
function isAttached(rows: readonly ReplicationRow[], nodeName: string): boolean {
  const named = rows.filter(({ applicationName }) => applicationName === nodeName);
  return named.length === 1 && (named[0]?.state === null || named[0]?.state === 'streaming');
}

async function readSystemIdentifier({
  adapters,
  settings,
  log,
}: CommandContext): Promise<SystemIdentifier | null> {
  try {
    return (await adapters.localServer(settings.settings).controlData()).systemIdentifier;
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    log.debug(`the control file could not be read: ${error.message}`);
    return null;
  }
}

async function countPending({ adapters, settings, log }: CommandContext): Promise<number | null> {
  const path = `${settings.settings.data_directory}/pg_wal/archive_status`;
  try {
    const names = await adapters.files.list(path);
    return names === undefined ? null : names.filter((name) => name.endsWith('.ready')).length;
  } catch (error) {
    if (!(error instanceof OperationFailed)) throw error;
    log.debug(error.message);
    return null;
  }
}
