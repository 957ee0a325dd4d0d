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

/** Whether a registered node goes on with a slot: as the file says, else as its record says. */
export function keepsReplicationSlot(
  { configured, isSet }: SlotSetting,
  recordedSlotName: string | null,
): boolean {
  return isSet ? configured : recordedSlotName !== null;
}
