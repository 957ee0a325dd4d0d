import type { ChildProcess } from 'node:child_process';
import type { OutputCollector } from './output-collector.ts';

/** Output still in the pipe is read within this time after the last bit of it. */
const quietMs = 15;
const limitMs = 1_000;

/**
 * Starts to read the output of a program.
 * @returns to be called at its exit: reads on until the output ends or stays quiet, because a daemon that the
 * program left behind holds the pipe open for as long as it lives.
 */
export function drainOutput(
  child: ChildProcess,
  collectors: { readonly stdout: OutputCollector; readonly stderr: OutputCollector },
): () => Promise<void> {
  let lastChunkAt = 0;
  const ends: Promise<void>[] = [];
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    if (stream === null) continue;
    stream.on('data', (chunk: Buffer) => {
      lastChunkAt = performance.now();
      collectors[name].add(chunk);
    });
    ends.push(new Promise((resolve) => stream.once('close', () => resolve())));
  }
  return async () => {
    const ended = new AbortController();
    await Promise.race([Promise.all(ends), untilQuiet(() => lastChunkAt, ended.signal)]);
    ended.abort();
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
}

async function untilQuiet(lastChunkAt: () => number, ended: AbortSignal): Promise<void> {
  const exitedAt = performance.now();
  while (!ended.aborted && performance.now() - exitedAt < limitMs) {
    const seenAt = lastChunkAt();
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    // After a stall of the event loop timers run before pending input; let one round of input pass.
    await new Promise((resolve) => setImmediate(resolve));
    if (lastChunkAt() === seenAt) return;
  }
}
