import { parseConninfo } from '../../domain/conninfo/parse-conninfo.ts';
import { renderConninfo } from '../../domain/conninfo/render-conninfo.ts';
import type { CommandResult, CommandRunner } from '../../ports/command-runner.ts';
import type { Rewind, RewindOutcome, RewindRequest } from '../../ports/rewind.ts';

const longestRunMs = 2_000_000_000;

/** pg_rewind as a {@link Rewind}. */
export function createRewind(runner: CommandRunner): Rewind {
  return { rewind: (request) => runRewind(runner, request) };
}

async function runRewind(runner: CommandRunner, request: RewindRequest): Promise<RewindOutcome> {
  const { program, signal, onProgress } = request;
  // Every user of the host can see the arguments of a process, so the password goes another way.
  const source = new Map(parseConninfo(request.sourceConninfo));
  const password = source.get('password');
  source.delete('password');
  let isCopying = false;
  // Once pg_rewind changes files, stopping it would leave a directory that no server can start from: an abort
  // that comes later than that has to wait.
  const stop = new AbortController();
  const onAbort = (): void => {
    if (!isCopying) stop.abort();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) stop.abort();
  try {
    const result = await runner.run({
      command: program,
      args: rewindArguments(request, source),
      env: { LC_ALL: 'C', ...(password === undefined ? {} : { PGPASSWORD: password }) },
      timeoutMs: longestRunMs,
      signal: stop.signal,
      onStderrLine: (line) => {
        isCopying ||= announcesCopying(line);
        const progress = parseRewindProgress(line);
        if (progress !== undefined) onProgress?.(progress);
      },
    });
    return outcomeOf(result, isCopying);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function rewindArguments(request: RewindRequest, source: ReadonlyMap<string, string>): string[] {
  return [
    '-D',
    request.dataDirectory,
    `--source-server=${renderConninfo(source)}`,
    '--progress',
    ...(request.restoreTargetWal ? ['--restore-target-wal'] : []),
  ];
}

/** With --progress pg_rewind says what it is going to copy immediately before it changes the first file. */
function announcesCopying(line: string): boolean {
  return /need to copy \d+ MB/.test(line);
}

/** `  1024/40960 kB (2%) copied` */
export function parseRewindProgress(
  line: string,
): { readonly copiedBytes: number; readonly totalBytes: number } | undefined {
  const match = /^\s*(\d+)\/(\d+) kB \(\d+%\) copied/.exec(line);
  if (match === null) return undefined;
  return { copiedBytes: Number(match[1]) * 1_024, totalBytes: Number(match[2]) * 1_024 };
}

function outcomeOf(result: CommandResult, isCopying: boolean): RewindOutcome {
  const text = `${result.stdout}\n${result.stderr}`;
  if (result.exitStatus === 0) {
    const wasNeeded = !/no rewind required/.test(text);
    return { kind: 'completed', wasNeeded, durationMs: result.durationMs };
  }
  const lines = text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '' && parseRewindProgress(line) === undefined);
  // Without the announcement nothing was changed, unless pg_rewind was killed before its output was read.
  const mayHaveChangedFiles = isCopying || (result.signalName !== null && !result.cancelled);
  return { kind: 'failed', mayHaveChangedFiles, output: lines.slice(-8).join('\n') };
}
