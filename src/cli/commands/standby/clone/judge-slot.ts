import { usesReplicationSlots } from '../../../../decisions/slots/uses-replication-slots.ts';
import { ConfigurationError } from '../../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeRecord, slotNameFor } from '../../../../domain/node.ts';
import { slotSetting } from '../../../../operations/slot-setting.ts';
import type { Connection } from '../../../../ports/connection.ts';
import type { CommandContext } from '../../../command.ts';

export interface SlotPlace {
  readonly own: NodeRecord;
  readonly upstream: NodeRecord;
  readonly upstreamConnection: Connection;
}

/** Name of the slot to use, null for none. @throws ConfigurationError when it can't be had. */
export async function judgeSlot(context: CommandContext, target: SlotPlace): Promise<string | null> {
  const { settings, options, adapters, log } = context;
  const { own, upstream, upstreamConnection } = target;
  if (!usesReplicationSlots(slotSetting(settings), upstreamConnection.serverVersionNum)) return null;
  const slotName = own.slotName ?? slotNameFor(own.nodeId);
  const slots = await adapters.inspector.replicationSlots(upstreamConnection);
  const present = slots.find((slot) => slot.slotName === slotName);
  const limits = await adapters.inspector.settings(upstreamConnection, ['max_replication_slots']);
  const limit = Number(limits.get('max_replication_slots') ?? 0);
  const problem = slotProblem({ slotName, limit, isActive: present?.active, used: slots.length });
  if (problem === undefined) return slotName;
  if (!options.force && !options['dry-run']) {
    throw new ConfigurationError(`${problem} on ${describeNode(upstream)}`, {
      hint: 'solve it, or use -F/--force to write the configuration all the same',
    });
  }
  log.warning(`${problem} on ${describeNode(upstream)}`);
  return slotName;
}

function slotProblem(facts: {
  readonly slotName: string;
  readonly limit: number;
  /** Undefined when there is no slot of that name yet. */
  readonly isActive: boolean | undefined;
  readonly used: number;
}): string | undefined {
  if (facts.isActive === true) return `replication slot "${facts.slotName}" is in use`;
  if (facts.isActive === undefined && facts.used >= facts.limit) {
    return `all ${facts.limit} replication slots are taken`;
  }
  return undefined;
}
