import type { NodeRecord } from '../../domain/node.ts';

export interface SlotSetting {
  /** Value of `use_replication_slots`. */
  readonly configured: boolean;
  /** Whether the configuration file says so, or it is only the default. */
  readonly isSet: boolean;
}

/**
 * Whether a new node streams through a replication slot. What the file says is honoured. Where it says
 * nothing, slots are used from PostgreSQL 13 on, which can bound what a slot retains
 * (max_slot_wal_keep_size). `serverVersionNum` is that of the server on which the slot would be.
 */
export function usesReplicationSlots({ configured, isSet }: SlotSetting, serverVersionNum: number): boolean {
  return isSet ? configured : serverVersionNum >= 130000;
}

/**
 * Whether a registered node needs a slot on its (new) upstream: as the file says, else as its record says.
 * A former primary had no upstream, so its record says nothing yet, and it is treated as a new node.
 */
export function needsReplicationSlot(
  setting: SlotSetting,
  node: Pick<NodeRecord, 'type' | 'slotName'>,
  serverVersionNum: number,
): boolean {
  if (setting.isSet) return setting.configured;
  if (node.slotName !== null) return true;
  return node.type === 'primary' && usesReplicationSlots(setting, serverVersionNum);
}
