export interface SlotSetting {
  /** Value of `use_replication_slots`. */
  readonly configured: boolean;
  /** Whether the configuration file says so, or it is only the default. */
  readonly isSet: boolean;
  /** server_version_num of the server on which the slot would be. */
  readonly serverVersionNum: number;
}

/**
 * Whether a node streams through a replication slot. What the file says is honoured. Where it says nothing,
 * slots are used from PostgreSQL 13 on, which can bound what a slot retains (max_slot_wal_keep_size).
 */
export function usesReplicationSlots({ configured, isSet, serverVersionNum }: SlotSetting): boolean {
  return isSet ? configured : serverVersionNum >= 130000;
}
