import type { CloneWish, SourceFacts } from '../decisions/clone/source-facts.ts';
import { sourceSettingNames, walSendersNeeded } from '../decisions/clone/source-settings.ts';
import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeId, NodeRecord } from '../domain/node.ts';
import type { SystemIdentifier } from '../domain/system-identifier.ts';
import type { Connection, ConnectionParameters } from '../ports/connection.ts';
import { findPrimary } from './find-primary.ts';
import type { OperationContext } from './operation-context.ts';
import { probeReplicationConnections } from './probe-replication-connections.ts';
import { type SlotRoles, slotRole } from './replication-slots.ts';

export interface SourceInquiry {
  readonly connection: Connection;
  readonly parameters: ConnectionParameters;
  readonly nodeId: NodeId | null;
  readonly nodeName: string;
  readonly upstreamNodeId: NodeId | null;
  /** `--replication-user`, where given. */
  readonly replicationUser: string | undefined;
  readonly superuser: string | undefined;
  readonly basebackup: CloneWish['basebackup'];
}

export interface CloneSource {
  readonly facts: SourceFacts;
  /** To the primary; the source's own connection when the source is the primary. Null when none was found. */
  readonly primary: Connection | null;
  readonly dataBytes: bigint | null;
  readonly tablespaceLocations: readonly string[];
  readonly slotRoles: SlotRoles;
  /** Role for replication connections to the source; null for the role of the connection parameters. */
  readonly replicationUser: string | null;
}

/**
 * Observes the server to clone from and its cluster; what can be asked at the same time is.
 * @throws OperationFailed (BAD_CONFIG) when the source is a standby whose primary can't be found.
 */
export async function gatherCloneSource(
  context: OperationContext,
  inquiry: SourceInquiry,
): Promise<CloneSource> {
  const { inspector } = context.adapters;
  const { connection } = inquiry;
  const recoveryState = await inspector.recoveryState(connection);
  const [settings, rows, dataBytes, tablespaces, control, primary] = await Promise.all([
    inspector.settings(connection, sourceSettingNames),
    inspector.replicationRows(connection),
    inspector.totalDataBytes(connection),
    inspector.tablespaceLocations(connection),
    inspector.controlState(connection),
    recoveryState === 'primary' ? connection : primaryOf(context, connection),
  ]);
  const registry = await readRegistry(context, primary, inquiry);
  const replicationUser = inquiry.replicationUser ?? nonEmpty(registry.upstream?.replicationUser);
  const slotRoles: SlotRoles = {
    superuser: inquiry.superuser,
    replicationUser: inquiry.replicationUser,
    recordedUser: registry.upstream?.replicationUser,
  };
  const [replicationConnections, role, otherNode] = await Promise.all([
    probeReplicationConnections(context, {
      parameters: inquiry.parameters,
      user: replicationUser,
      wanted: walSendersNeeded(inquiry),
    }),
    slotRole(context, { connection, roles: slotRoles }),
    recoveryState === 'primary'
      ? identifyOther(context, {
          nodes: registry.nodes,
          ownNodeId: inquiry.nodeId,
          source: control.systemIdentifier,
        })
      : null,
  ]);
  const facts: SourceFacts = {
    serverVersionNum: connection.serverVersionNum,
    settings,
    walSendersInUse: rows.length,
    replicationConnections,
    metadata: registry.metadata,
    systemIdentifier: control.systemIdentifier,
    otherNode,
    sourceIsInRecovery: recoveryState === 'standby',
    upstream: registry.upstream,
    namesake: registry.namesake,
    maySlotsBeMade: role !== undefined,
  };
  const tablespaceLocations = tablespaces.map(({ location }) => location);
  return { facts, primary, dataBytes, tablespaceLocations, slotRoles, replicationUser };
}

async function primaryOf(context: OperationContext, standby: Connection): Promise<Connection> {
  const found = await findPrimary(context, standby);
  if (found !== undefined) return found.connection;
  throw new OperationFailed(
    `the source (${standby.description}) is a standby whose primary can't be reached`,
    {
      exit: 'BAD_CONFIG',
      hint: 'the primary must be up: replication slot, event and records are written there',
    },
  );
}

interface Registry {
  readonly metadata: SourceFacts['metadata'];
  readonly nodes: readonly NodeRecord[];
  readonly upstream: NodeRecord | null;
  readonly namesake: NodeRecord | null;
}

async function readRegistry(
  { adapters }: OperationContext,
  primary: Connection,
  { upstreamNodeId, nodeId, nodeName }: SourceInquiry,
): Promise<Registry> {
  const state = await adapters.metadata.schemaState(primary);
  if (state.kind === 'absent') return { metadata: 'absent', nodes: [], upstream: null, namesake: null };
  const nodes = await adapters.metadata.nodes(primary);
  const upstream = nodes.find((node) =>
    upstreamNodeId === null ? node.type === 'primary' && node.active : node.nodeId === upstreamNodeId,
  );
  const namesake = nodes.find((node) => node.nodeName === nodeName && node.nodeId !== nodeId);
  return { metadata: 'present', nodes, upstream: upstream ?? null, namesake: namesake ?? null };
}

/** Asks all other nodes which cluster they belong to; one that differs from the source counts most. */
async function identifyOther(
  { adapters, signal }: OperationContext,
  {
    nodes,
    ownNodeId,
    source,
  }: {
    readonly nodes: readonly NodeRecord[];
    readonly ownNodeId: NodeId | null;
    readonly source: SystemIdentifier;
  },
): Promise<SourceFacts['otherNode']> {
  const others = nodes.filter((node) => node.type !== 'witness' && node.nodeId !== ownNodeId);
  const answers = await Promise.allSettled(
    others.map(async ({ nodeName, conninfo }) => {
      const connection = await adapters.connections.connect(conninfo, { signal });
      try {
        const { systemIdentifier } = await adapters.inspector.controlState(connection);
        return { nodeName, systemIdentifier };
      } finally {
        await connection.close();
      }
    }),
  );
  // Nodes that can't be asked are no obstacle: there is nothing to compare with then.
  const found = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value);
  return found.find(({ systemIdentifier }) => systemIdentifier !== source) ?? found[0] ?? null;
}

function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
