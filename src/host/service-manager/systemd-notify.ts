import { LocalCommandFailed } from '../../domain/errors/repmgr-error.ts';
import type { CommandRunner } from '../../ports/command-runner.ts';
import type { Logger } from '../../ports/logger.ts';

const limitMs = 5_000;

/** Tells the service manager how the daemon is, for units with Type=notify and NotifyAccess=all. */
export interface ServiceNotifier {
  /** Start-up, or a reload, is complete. */
  ready(status: string): Promise<void>;
  /** One line for `systemctl status`. The same line again is not sent. */
  status(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
}

export interface ServiceNotifierOptions {
  readonly runner: CommandRunner;
  readonly log: Logger;
  /** What {@link takeNotifySocket} gave; undefined when no service manager waits for messages. */
  readonly socket: string | undefined;
  /** CLOCK_MONOTONIC in nanoseconds, which RELOADING=1 has to carry from systemd 253 on; for tests. */
  readonly monotonicNs?: () => bigint;
}

/**
 * Takes NOTIFY_SOCKET out of the environment. A PostgreSQL started by us must not inherit it: built with systemd
 * support it would report its own stop as that of repmgrd.
 */
export function takeNotifySocket(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const socket = environment['NOTIFY_SOCKET'];
  delete environment['NOTIFY_SOCKET'];
  return socket === '' ? undefined : socket;
}

/**
 * Node.js has no datagram sockets of the Unix domain, so systemd-notify sends the messages, in order. Without
 * a socket nothing is done. What goes wrong is worth one warning and never more than that.
 */
export function createServiceNotifier(options: ServiceNotifierOptions): ServiceNotifier {
  const { runner, log, socket } = options;
  const monotonicNs = options.monotonicNs ?? (() => process.hrtime.bigint());
  let previous: Promise<void> = Promise.resolve();
  let lastStatus: string | undefined;
  let hasWarned = false;

  const warn = (detail: string): void => {
    if (hasWarned) return;
    hasWarned = true;
    const hint = 'set NotifyAccess=all in the unit, or Type=exec if systemd-notify is not installed';
    log.warning('the service manager could not be told the state of repmgrd', { detail, hint });
  };
  const send = (...assignments: string[]): Promise<void> => {
    if (socket === undefined) return Promise.resolve();
    previous = previous.then(async () => {
      const problem = await run(runner, { socket, assignments });
      if (problem !== undefined) warn(problem);
    });
    return previous;
  };
  return {
    ready: (status) => {
      lastStatus = oneLine(status);
      return send('READY=1', `STATUS=${lastStatus}`);
    },
    status: (status) => {
      if (oneLine(status) === lastStatus) return previous;
      lastStatus = oneLine(status);
      return send(`STATUS=${lastStatus}`);
    },
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${monotonicNs() / 1_000n}`),
    stopping: () => send('STOPPING=1'),
  };
}

/** What went wrong, or undefined. */
async function run(
  runner: CommandRunner,
  { socket, assignments }: { socket: string; assignments: readonly string[] },
): Promise<string | undefined> {
  try {
    const result = await runner.run({
      command: 'systemd-notify',
      args: assignments,
      env: { NOTIFY_SOCKET: socket },
      timeoutMs: limitMs,
    });
    if (result.exitStatus === 0) return undefined;
    if (result.timedOut) return `systemd-notify did not end within ${limitMs / 1_000} s`;
    return `systemd-notify ended with ${result.exitStatus ?? result.signalName}: ${result.stderr.trim()}`;
  } catch (error) {
    if (error instanceof LocalCommandFailed) return error.message;
    throw error;
  }
}

/** A newline would begin another assignment. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
