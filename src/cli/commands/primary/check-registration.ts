import { ConfigurationError } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord, type RecoveryState } from '../../../domain/node.ts';
import { probeRecoveryState } from '../../../operations/probe-recovery-state.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode } from '../../describe-local-node.ts';

/** The node so far recorded as active primary, and how it was found. */
export interface FormerPrimary {
  readonly node: NodeRecord;
  readonly state: RecoveryState | 'unreachable';
}

export interface FoundRegistration {
  readonly own: NodeRecord | undefined;
  /** Undefined when there is none but this node. */
  readonly formerPrimary: FormerPrimary | undefined;
}

/** Reads what the metadata holds of this node and of another primary. */
export async function readRegistration(
  context: CommandContext,
  local: Connection,
): Promise<FoundRegistration> {
  const { metadata } = context.adapters;
  const nodeId = context.settings.settings.node_id as NodeId;
  const own = await metadata.node(local, nodeId);
  const recorded = await metadata.recordedPrimary(local);
  if (recorded === undefined || recorded.nodeId === nodeId) return { own, formerPrimary: undefined };
  return { own, formerPrimary: { node: recorded, state: await probeRecoveryState(context, recorded) } };
}

/**
 * Judges what was found; warns of what is odd.
 * @throws ConfigurationError when this node must not become the registered primary.
 */
export function checkRegistration(context: CommandContext, { own, formerPrimary }: FoundRegistration): void {
  if (formerPrimary?.state === 'primary') {
    throw new ConfigurationError(`there is already a running primary: ${describeNode(formerPrimary.node)}`, {
      detail: `it is out of recovery at "${formerPrimary.node.conninfo}"`,
      hint: 'a cluster has one primary; clone this node from it, or unregister it once it is stopped for good',
    });
  }
  if (formerPrimary?.state === 'standby') {
    context.log.warning(
      `${describeNode(formerPrimary.node)} is registered as primary but runs as a standby`,
      {
        hint: 'register it with "repmgr standby register --force" on that node',
      },
    );
  }
  if (own === undefined || context.options.force) return;
  throw new ConfigurationError(`${describeLocalNode(context)} is already registered, as ${own.type}`, {
    hint: 'use -F/--force to overwrite the record',
  });
}
