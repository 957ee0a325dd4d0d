import type { LoadedSettings } from '../config/loaded-settings.ts';
import { type EventNotification, runEventNotification } from '../operations/run-event-notification.ts';
import type { Clock } from '../ports/clock.ts';
import type { CommandRunner } from '../ports/command-runner.ts';
import type { Logger } from '../ports/logger.ts';

/** A hanging script keeps those of later events waiting, perhaps the one that moves the clients. */
const scriptTimeoutMs = 60_000;
const maxWaiting = 256;

export interface NotificationQueueOptions {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly log: Logger;
  /** As of now: they may be reloaded while events wait. */
  readonly settings: () => LoadedSettings;
  /** Limit of one script; default 60,000. */
  readonly timeoutMs?: number;
}

export interface NotificationQueue {
  /** Returns at once; the script runs when those of earlier events have ended. */
  readonly add: (notification: EventNotification) => void;
  /** Waits up to `timeoutMs` for the scripts of all events, then ends the one that runs and drops the others. */
  finish(timeoutMs: number): Promise<void>;
}

/** Runs `event_notification_command` for one event at a time, in the order of the events. */
export function createNotificationQueue(options: NotificationQueueOptions): NotificationQueue {
  const { clock, log } = options;
  const waiting: EventNotification[] = [];
  const ending = new AbortController();
  let running: Promise<void> | undefined;

  const runAll = async (): Promise<void> => {
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runOne(next);
    } finally {
      running = undefined;
    }
  };
  const runOne = (notification: EventNotification): Promise<void> => {
    const adapters = { runner: options.runner };
    const context = { adapters, settings: options.settings(), log, signal: ending.signal };
    return runEventNotification(context, notification, options.timeoutMs ?? scriptTimeoutMs);
  };
  return {
    add: (notification) => {
      if (ending.signal.aborted) return;
      waiting.push(notification);
      if (waiting.length > maxWaiting) warnOfLoss(log, waiting.splice(0, 1));
      running ??= runAll();
    },
    finish: async (timeoutMs) => {
      if (running === undefined) return;
      const inTime = await endsWithin(running, { clock, timeoutMs });
      if (inTime) return;
      warnOfLoss(log, waiting.splice(0));
      ending.abort();
      await running;
    },
  };
}

async function endsWithin(
  running: Promise<void>,
  { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
): Promise<boolean> {
  const ended = new AbortController();
  const tooLate = clock.sleep(timeoutMs, ended.signal).then(
    () => false,
    () => true, // the sleep was ended because the scripts have
  );
  return Promise.race([running.then(() => true), tooLate]).finally(() => ended.abort());
}

function warnOfLoss(log: Logger, lost: readonly EventNotification[]): void {
  for (const { event, timestamp } of lost) {
    log.warning(`event_notification_command is not run for "${event.event}" of ${timestamp}`, {
      detail: 'too many earlier events wait for it, or repmgrd ends',
      hint: 'make the script faster, or restrict it to some events with event_notifications',
    });
  }
}
