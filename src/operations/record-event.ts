import { expandEventNotificationCommand } from '../config/expand-placeholders.ts';
import type { ClusterEvent } from '../domain/event.ts';
import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';

type EventContext = Pick<OperationContext, 'adapters' | 'settings' | 'log' | 'signal'>;

/** Scripts may stop and rejoin servers, so they get time; but not for ever. */
const notificationTimeoutMs = 600_000;

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
  await notify(context, event, written ?? localTimestamp(context.adapters.clock.wallTime()));
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

async function notify(
  { adapters, settings, log, signal }: EventContext,
  event: ClusterEvent,
  timestamp: string,
): Promise<void> {
  const { event_notification_command: command, event_notifications: wanted } = settings.settings;
  if (command === '' || (wanted.length > 0 && !wanted.includes(event.event))) return;
  const expanded = expandEventNotificationCommand(command, { event, timestamp });
  log.debug(`running event_notification_command: ${expanded}`);
  try {
    const result = await adapters.runner.run({
      command: expanded,
      shell: true,
      timeoutMs: notificationTimeoutMs,
      signal,
    });
    if (result.exitStatus === 0) return;
    const end = result.timedOut
      ? 'did not end in time'
      : `ended with ${result.exitStatus ?? result.signalName}`;
    log.warning(`event_notification_command for "${event.event}" ${end}`, { detail: expanded });
  } catch (error) {
    log.warning(`event_notification_command for "${event.event}" could not be run`, {
      detail: messageOf(error),
    });
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
