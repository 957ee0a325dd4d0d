import type { ClusterEvent } from '../domain/event.ts';
import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';
import { runEventNotification } from './run-event-notification.ts';

type EventContext = Pick<OperationContext, 'adapters' | 'settings' | 'log' | 'signal' | 'notify'>;

/**
 * Writes an event to `repmgr.events` where `connection` leads to a node out of recovery, and runs
 * `event_notification_command` in any case. Never throws: an event must not spoil what it reports.
 */
export async function recordEvent(
  context: EventContext,
  event: ClusterEvent,
  connection?: Connection,
): Promise<void> {
  const written = await writeRow(context, event, connection);
  const timestamp = written ?? localTimestamp(context.adapters.clock.wallTime());
  if (context.notify !== undefined) context.notify({ event, timestamp });
  else await runEventNotification(context, { event, timestamp });
}

/** Timestamp of the row; undefined when none was written. */
async function writeRow(
  { adapters, log }: EventContext,
  event: ClusterEvent,
  connection: Connection | undefined,
): Promise<string | undefined> {
  if (connection === undefined || !connection.isOpen()) return undefined;
  try {
    if ((await adapters.inspector.recoveryState(connection)) !== 'primary') return undefined;
    return await adapters.metadata.insertEvent(connection, event);
  } catch (error) {
    log.warning(`the event "${event.event}" was not written to the metadata`, { detail: messageOf(error) });
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `2026-11-22 21:53:10+0000`, in local time. */
function localTimestamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const offset = -time.getTimezoneOffset();
  const zone = `${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  return `${date} ${clock}${offset < 0 ? '-' : '+'}${zone}`;
}
