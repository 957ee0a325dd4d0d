import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { Connection } from '../../ports/connection.ts';
import type { ReplicationSlot } from '../../ports/server-inspector.ts';
import { boolean, isRefusal, lsnOrNull, quoteIdentifier, sqlState, text, textOrNull } from './answer.ts';

export async function readReplicationSlots(connection: Connection): Promise<ReplicationSlot[]> {
  // wal_status came with 13 (release notes).
  const walStatus = connection.serverVersionNum >= 130000 ? 'wal_status' : 'NULL::text AS wal_status';
  const rows = await connection.query(
    `SELECT slot_name, slot_type, active, restart_lsn, ${walStatus} FROM pg_replication_slots
      ORDER BY slot_name`,
  );
  return rows.map((row) => ({
    slotName: text(row, 'slot_name'),
    slotType: text(row, 'slot_type') === 'logical' ? 'logical' : 'physical',
    active: boolean(row, 'active'),
    restartLsn: lsnOrNull(row, 'restart_lsn'),
    walStatus: textOrNull(row, 'wal_status'),
  }));
}

/**
 * Makes sure that a physical slot with reserved WAL exists. An idle one of that name is reused, unless its WAL
 * is lost: then a new one takes its place.
 * @throws OperationFailed when the name is taken by a logical slot or by one that somebody streams from.
 */
export async function createPhysicalSlot(
  connection: Connection,
  slotName: string,
): Promise<'created' | 'reused'> {
  if (connection.isReplication !== true) {
    const existing = (await readReplicationSlots(connection)).find((slot) => slot.slotName === slotName);
    if (existing !== undefined) {
      refuseTakenSlot(connection, existing);
      if (existing.walStatus !== 'lost') return 'reused';
      await dropSlot(connection, slotName);
    }
  }
  try {
    await issueCreation(connection, slotName);
    return 'created';
  } catch (error) {
    // Over a replication connection the slot can't be examined; a wrong one shows when streaming starts.
    if (isRefusal(error, sqlState.duplicateObject)) return 'reused';
    throw error;
  }
}

async function issueCreation(connection: Connection, slotName: string): Promise<void> {
  if (connection.isReplication === true) {
    await connection.query(`CREATE_REPLICATION_SLOT ${quoteIdentifier(slotName)} PHYSICAL RESERVE_WAL`);
    return;
  }
  await connection.query('SELECT pg_create_physical_replication_slot($1, true)', [slotName]);
}

function refuseTakenSlot(connection: Connection, slot: ReplicationSlot): void {
  if (slot.slotType === 'physical' && !slot.active) return;
  const reason = slot.active ? 'somebody is streaming from it' : 'it is a logical slot';
  throw new OperationFailed(
    `replication slot "${slot.slotName}" exists already on "${connection.description}": ${reason}`,
    {
      exit: 'DB_QUERY',
      hint: slot.active
        ? 'check in pg_stat_replication who uses it; two nodes may have the same node_id'
        : 'drop or rename the logical slot, this name belongs to a node of the cluster',
      facts: { slotName: slot.slotName, slotType: slot.slotType, active: slot.active },
    },
  );
}

export async function dropSlot(
  connection: Connection,
  slotName: string,
): Promise<'dropped' | 'absent' | 'active'> {
  try {
    return connection.isReplication === true
      ? await dropByReplicationCommand(connection, slotName)
      : await dropBySql(connection, slotName);
  } catch (error) {
    if (isRefusal(error, sqlState.undefinedObject)) return 'absent';
    if (isRefusal(error, sqlState.objectInUse)) return 'active';
    throw error;
  }
}

async function dropBySql(connection: Connection, slotName: string): Promise<'dropped' | 'absent' | 'active'> {
  const [row] = await connection.query(
    `SELECT active, CASE WHEN NOT active THEN pg_drop_replication_slot(slot_name) END
       FROM pg_replication_slots WHERE slot_name = $1`,
    [slotName],
  );
  if (row === undefined) return 'absent';
  return boolean(row, 'active') ? 'active' : 'dropped';
}

async function dropByReplicationCommand(connection: Connection, slotName: string): Promise<'dropped'> {
  await connection.query(`DROP_REPLICATION_SLOT ${quoteIdentifier(slotName)}`);
  return 'dropped';
}
