import { expandEventNotificationCommand } from '../config/expand-placeholders.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { ClusterEvent } from '../domain/event.ts';
import type { CommandRunner } from '../ports/command-runner.ts';
import type { Logger } from '../ports/logger.ts';

/** Scripts may stop and rejoin servers, so they get time; but not for ever. */
const defaultTimeoutMs = 600_000;

/** An event that has been recorded, or could not be. */
export interface EventNotification {
  readonly event: ClusterEvent;
  /** That of the row where one was written, else local time. */
  readonly timestamp: string;
}

interface NotificationContext {
  readonly adapters: { readonly runner: CommandRunner };
  readonly settings: LoadedSettings;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Runs `event_notification_command` for an event, if there is one and `event_notifications` wants it. What goes
 * wrong is only worth a warning. `timeoutMs` defaults to 600,000.
 */
export async function runEventNotification(
  { adapters, settings, log, signal }: NotificationContext,
  { event, timestamp }: EventNotification,
  timeoutMs: number = defaultTimeoutMs,
): Promise<void> {
  const { event_notification_command: command, event_notifications: wanted } = settings.settings;
  if (command === '' || (wanted.length > 0 && !wanted.includes(event.event))) return;
  const expanded = expandEventNotificationCommand(command, { event, timestamp });
  log.debug(`running event_notification_command: ${expanded}`);
  try {
    const result = await adapters.runner.run({ command: expanded, shell: true, timeoutMs, signal });
    if (result.exitStatus === 0) return;
    const end = result.timedOut
      ? `did not end within ${timeoutMs / 1000} s and was killed`
      : `ended with ${result.exitStatus ?? result.signalName}`;
    log.warning(`event_notification_command for "${event.event}" ${end}`, { detail: expanded });
  } catch (error) {
    log.warning(`event_notification_command for "${event.event}" could not be run`, {
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}
