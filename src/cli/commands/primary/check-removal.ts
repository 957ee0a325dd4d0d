import { ConfigurationError } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeRecord, type RecoveryState } from '../../../domain/node.ts';
import { probeRecoveryState } from '../../../operations/probe-recovery-state.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';

/**
 * Checks that the record of a node may be removed by `primary unregister`.
 * @throws ConfigurationError
 */
export async function checkRemoval(
  context: CommandContext,
  { target, connection }: { readonly target: NodeRecord; readonly connection: Connection },
): Promise<void> {
  const about = describeNode(target);
  if (target.type === 'witness') {
    refuse(
      `${about} is a witness`,
      'its record is removed with "witness unregister" of repmgr 5, which is not there yet',
    );
  }
  const nodes = await context.adapters.metadata.nodes(connection);
  const downstream = nodes.filter(({ upstreamNodeId }) => upstreamNodeId === target.nodeId);
  if (downstream.length > 0) {
    refuse(
      `other nodes have ${about} as their upstream: ${downstream.map(describeNode).join(', ')}`,
      'make them follow another node first, or unregister them',
    );
  }
  const state = await probeRecoveryState(context, target);
  const activePrimary = nodes.find(({ type, active }) => type === 'primary' && active);
  checkState(target, { state, activePrimary, force: context.options.force });
}

interface Situation {
  readonly state: RecoveryState | 'unreachable';
  readonly activePrimary: NodeRecord | undefined;
  readonly force: boolean;
}

function checkState(target: NodeRecord, { state, activePrimary, force }: Situation): void {
  const about = describeNode(target);
  const forceHint = 'use -F/--force to remove the record all the same';
  if (state !== 'primary' && target.type !== 'primary') {
    const how = state === 'standby' ? 'runs as a standby' : 'cannot be reached';
    refuse(`${about} is registered as ${target.type} and ${how}`, 'use "repmgr standby unregister"');
  }
  if (state === 'standby' && !force) {
    refuse(
      `${about} is registered as primary but runs as a standby`,
      'use "repmgr standby register --force" on it, or -F/--force',
    );
  }
  if (state === 'primary' && activePrimary === undefined) {
    refuse(
      `${about} is running as primary, and no node is recorded as active primary`,
      'register it with "repmgr primary register --force"',
    );
  }
  if (state === 'primary' && activePrimary?.nodeId === target.nodeId && !force) {
    refuse(`${about} is the running primary of this cluster`, forceHint);
  }
  if (target.active && !force) refuse(`${about} is recorded as active`, forceHint);
}

function refuse(message: string, hint: string): never {
  throw new ConfigurationError(message, { hint });
}
