import { openSync, readSync } from 'node:fs';
import { Cancelled } from '../domain/errors/repmgr-error.ts';
import type { Clock } from '../ports/clock.ts';

const longestTimerMs = 2 ** 31 - 1;
/** /proc/uptime has hundredths of a second; some containers show it in full seconds. */
const fineToleranceMs = 20;
const coarseToleranceMs = 1_100;
/**
 * For so long by the fine clock the last look at the coarse one holds, so that the readings of one turn of the event
 * loop cost one look. A suspend in between is noticed as late as if it came right after the reading.
 */
const lookAgainMs = 2;

/**
 * Clock of this host. Node offers CLOCK_MONOTONIC only, which stands still while the host is suspended. On
 * Linux /proc/uptime counts suspend (CLOCK_BOOTTIME, proc(5)) but is coarse, so it serves for noticing how far
 * the fine clock has fallen behind. Elsewhere suspend is not counted.
 */
export function createSystemClock(): Clock {
  const uptime = openUptime();
  const suspended = createSuspendCounter();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let suspendedMs = 0;
  return {
    monotonicMs() {
      const fineMs = fineMonotonicMs();
      if (fineMs - lookedAtMs >= lookAgainMs) {
        lookedAtMs = fineMs;
        suspendedMs = suspended(fineMs, uptime?.());
      }
      return fineMs + suspendedMs;
    },
    wallTime: () => new Date(),
    sleep,
  };
}

/**
 * Milliseconds by which the coarse clock has outrun the fine one since the first reading; never decreases.
 * Differences within the resolution of the coarse clock don't count.
 */
export function createSuspendCounter(): (fineMs: number, uptimeText: string | undefined) => number {
  let aheadMs: number | undefined;
  let firstAheadMs = 0;
  let isFine = false;
  return (fineMs, uptimeText) => {
    const seconds = Number.parseFloat(uptimeText ?? '');
    if (Number.isNaN(seconds)) return (aheadMs ?? 0) - firstAheadMs;
    isFine ||= !/^\d+(\.0+)?(\s|$)/.test(uptimeText ?? '');
    const nowAheadMs = seconds * 1000 - fineMs;
    if (aheadMs === undefined) {
      aheadMs = nowAheadMs;
      firstAheadMs = nowAheadMs;
    } else if (nowAheadMs - aheadMs > (isFine ? fineToleranceMs : coarseToleranceMs)) {
      aheadMs = nowAheadMs;
    }
    return aheadMs - firstAheadMs;
  };
}

function fineMonotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function openUptime(): (() => string) | undefined {
  if (process.platform !== 'linux') return undefined;
  let descriptor: number;
  try {
    descriptor = openSync('/proc/uptime', 'r');
  } catch {
    // No /proc (hardened containers): the fine clock alone is what there is.
    return undefined;
  }
  const buffer = Buffer.alloc(64);
  return () => buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const until = performance.now() + ms;
  let left = ms;
  do {
    await sleepOnce(Math.min(Math.max(left, 0), longestTimerMs), signal);
    left = until - performance.now();
  } while (left > 0);
}

function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      clearTimeout(timer);
      reject(new Cancelled('waiting was cancelled', { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', cancel);
      resolve();
    }, ms);
    if (signal?.aborted === true) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
  });
}
