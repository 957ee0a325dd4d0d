import type { CommandSpec } from '../../ports/command-runner.ts';

const defaultKillAfterMs = 2_000;
/** How long a process may take to vanish after SIGKILL; uninterruptible ones (lost storage) never do. */
const giveUpAfterKillMs = 3_000;
const pollMs = 10;
/** Longer timers strike at once in Node. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Sends a signal to every process of a group; 0 only asks whether the group has members.
 * @returns false when nobody is left to receive it.
 */
function signalProcessGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    // EPERM: members exist but belong to another user (a command that changed its identity, as sudo does).
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return false;
    if (code === 'EPERM') return true;
    throw error;
  }
}

export type EndReason = 'timeout' | 'cancelled' | 'callback' | 'orphaned';

/** Ends a process group early: SIGTERM at the limit or on abort, SIGKILL to whoever is left afterwards. */
export interface EarlyEnd {
  reason(): EndReason | undefined;
  begin(reason: EndReason): void;
  /** Resolves when the group has outlived SIGKILL, which makes waiting for it pointless. */
  readonly hopeless: Promise<void>;
  /**
   * To be called after the exit of the program: clears the limits; where one has struck, waits until nobody
   * of the group is left.
   */
  finish(): Promise<void>;
}

export function createEarlyEnd(groupId: number, spec: CommandSpec): EarlyEnd {
  const killAfterMs = spec.killAfterMs ?? defaultKillAfterMs;
  let reason: EndReason | undefined;
  let killAt = 0;
  const timers: NodeJS.Timeout[] = [];
  let giveUp: () => void;
  const hopeless = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const begin = (why: EndReason): void => {
    if (reason !== undefined) return;
    reason = why;
    killAt = performance.now() + killAfterMs;
    signalProcessGroup(groupId, 'SIGTERM');
    timers.push(
      setTimeout(() => signalProcessGroup(groupId, 'SIGKILL'), killAfterMs),
      setTimeout(() => giveUp(), killAfterMs + giveUpAfterKillMs),
    );
  };
  timers.push(setTimeout(() => begin('timeout'), Math.min(spec.timeoutMs, longestTimerMs)));
  const onAbort = (): void => begin('cancelled');
  spec.signal?.addEventListener('abort', onAbort, { once: true });
  return {
    reason: () => reason,
    begin,
    hopeless,
    async finish() {
      for (const timer of timers) clearTimeout(timer);
      spec.signal?.removeEventListener('abort', onAbort);
      if (reason !== undefined) await endOfGroup(groupId, killAt);
    },
  };
}

async function endOfGroup(groupId: number, killAt: number): Promise<void> {
  while (signalProcessGroup(groupId, 0)) {
    if (performance.now() >= killAt) {
      signalProcessGroup(groupId, 'SIGKILL');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
