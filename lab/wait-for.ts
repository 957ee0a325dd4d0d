import { setTimeout as sleep } from 'node:timers/promises';
import { OperationFailed } from '../src/domain/errors/repmgr-error.ts';

export interface WaitOptions {
  /** What is waited for, for the message: "node2 to stream". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  /** Asked when the deadline has passed, to say how things stood. */
  readonly describe?: () => Promise<string> | string;
}

/**
 * Asks `probe` until it gives something other than undefined or false, and returns that. An exception of
 * the probe counts as "not yet"; the last one becomes the cause of the failure.
 * @throws OperationFailed when `timeoutMs` has passed.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  let lastError: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) throw await expired(options, lastError);
    await sleep(options.intervalMs ?? 20, undefined, { signal: options.signal });
  }
}

async function expired(options: WaitOptions, cause: unknown): Promise<OperationFailed> {
  const state = await options.describe?.();
  const because = cause instanceof Error ? `; last problem: ${cause.message}` : '';
  const how = state === undefined ? '' : `\n${state}`;
  return new OperationFailed(`waited ${options.timeoutMs} ms in vain for ${options.what}${because}${how}`, {
    cause,
  });
}
