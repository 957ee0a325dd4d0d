import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { Logger } from '../ports/logger.ts';
import type { EventNotification } from './run-event-notification.ts';

/** What every operation works with. Operations never print: they log and report progress to their caller. */
export interface OperationContext {
  readonly adapters: Adapters;
  readonly settings: LoadedSettings;
  readonly log: Logger;
  /** Aborts when the user or the daemon wants the operation to end; nothing is left half-done then. */
  readonly signal: AbortSignal;
  /**
   * Takes over an event whose notification is due, without blocking; the daemon sets it. Where it is absent
   * `event_notification_command` is run and waited for.
   */
  readonly notify?: (notification: EventNotification) => void;
}
