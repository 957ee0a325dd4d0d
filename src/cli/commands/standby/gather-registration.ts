import { ConfigurationError, RepmgrError } from '../../../domain/errors/repmgr-error.ts';
import type { NodeId, NodeRecord } from '../../../domain/node.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { AttachmentState } from '../../../ports/server-inspector.ts';
import type { CommandContext } from '../../command.ts';

export interface PrimaryServer {
  readonly connection: Connection;
  readonly node: NodeRecord | undefined;
}

/** How the upstream was found. */
export interface UpstreamFinding {
  readonly nodeId: NodeId;
  /** Undefined when no such node is registered. */
  readonly node: NodeRecord | undefined;
  /** True when it was named with --upstream-node-id. */
  readonly isNamed: boolean;
  /** What it says of this standby; null where nobody was asked. */
  readonly attachment: AttachmentState | 'unreachable' | null;
}

/** All that is known before a standby is registered. */
export interface Registration {
  /** Undefined when the local server does not run. */
  readonly local: Connection | undefined;
  readonly primary: { readonly connection: Connection; readonly node: NodeRecord };
  readonly self: { readonly nodeId: NodeId; readonly nodeName: string };
  readonly existing: NodeRecord | undefined;
  /** Another active node of the same name. */
  readonly namesake: NodeRecord | undefined;
  readonly upstream: UpstreamFinding;
  /** `primary_slot_name` of the local server. */
  readonly slotInUse: string | undefined;
  /** The tables of our daemons are not there yet. */
  readonly isSchemaIncomplete: boolean;
}

/** Reads what registering this standby depends on. */
export async function gatherRegistration(
  context: CommandContext,
  { local, primary }: { readonly local: Connection | undefined; readonly primary: PrimaryServer },
): Promise<Registration> {
  const { adapters, settings } = context;
  const { node: primaryNode, connection } = primary;
  if (primaryNode === undefined) {
    throw new ConfigurationError(`no active primary is registered in ${connection.description}`, {
      hint: 'register the primary first, with "repmgr primary register"',
    });
  }
  const self = { nodeId: settings.settings.node_id as NodeId, nodeName: settings.settings.node_name };
  const nodes = await adapters.metadata.nodes(connection);
  const existing = nodes.find(({ nodeId }) => nodeId === self.nodeId);
  const namesake = nodes.find(
    ({ nodeId, nodeName, active }) => active && nodeName === self.nodeName && nodeId !== self.nodeId,
  );
  const schema = await adapters.metadata.schemaState(connection);
  const gathered = { local, primary: { connection, node: primaryNode }, self, existing, namesake };
  return {
    ...gathered,
    upstream: await findUpstream(context, gathered, nodes),
    slotInUse: await slotInUse(context, local),
    isSchemaIncomplete: schema.kind === 'present' && schema.migration === 0,
  };
}

async function findUpstream(
  context: CommandContext,
  { local, primary, self, existing }: Pick<Registration, 'local' | 'primary' | 'self' | 'existing'>,
  nodes: readonly NodeRecord[],
): Promise<UpstreamFinding> {
  const named = context.options['upstream-node-id'];
  if (named === undefined) {
    const { nodeId } = primary.node;
    const asked = existing === undefined && local !== undefined;
    const attachment = asked
      ? await context.adapters.inspector.attachmentOf(primary.connection, self.nodeName)
      : null;
    return { nodeId, node: primary.node, isNamed: false, attachment };
  }
  const node = nodes.find(({ nodeId }) => nodeId === named);
  const isAsked = node !== undefined && node.nodeId !== self.nodeId && node.active;
  const attachment = isAsked ? await askUpstream(context, node, self.nodeName) : null;
  return { nodeId: named as NodeId, node, isNamed: true, attachment };
}

async function askUpstream(
  { adapters, signal }: CommandContext,
  upstream: NodeRecord,
  nodeName: string,
): Promise<AttachmentState | 'unreachable'> {
  try {
    return await withConnection(
      () => adapters.connections.connect(upstream.conninfo, { signal }),
      (connection) => adapters.inspector.attachmentOf(connection, nodeName),
    );
  } catch (error) {
    if (!(error instanceof RepmgrError) || signal.aborted) throw error;
    return 'unreachable';
  }
}

async function slotInUse(
  { adapters }: CommandContext,
  local: Connection | undefined,
): Promise<string | undefined> {
  if (local === undefined) return undefined;
  const settings = await adapters.inspector.settings(local, ['primary_slot_name']);
  return settings.get('primary_slot_name') ?? undefined;
}
