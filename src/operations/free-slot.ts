import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';

/** Whether a slot of that name is there already or can still be made; the numbers are for the message. */
export async function findFreeSlot(
  { adapters }: Pick<OperationContext, 'adapters'>,
  connection: Connection,
  slotName: string,
): Promise<{ readonly isAvailable: boolean; readonly used: number; readonly limit: number }> {
  const [slots, settings] = await Promise.all([
    adapters.inspector.replicationSlots(connection),
    adapters.inspector.settings(connection, ['max_replication_slots']),
  ]);
  const limit = Number(settings.get('max_replication_slots') ?? 0);
  const exists = slots.some((slot) => slot.slotName === slotName);
  return { isAvailable: exists || slots.length < limit, used: slots.length, limit };
}
