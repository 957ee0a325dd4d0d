import type { WalStretch } from '../decisions/rejoin/diverged-wal.ts';
import { createWalSummarizer, type WalSummary } from '../decisions/rejoin/wal-summary.ts';
import { LocalCommandFailed } from '../domain/errors/repmgr-error.ts';
import { formatLsn } from '../domain/lsn.ts';
import type { OperationContext } from './operation-context.ts';
import { programPath } from './program-path.ts';

/** Reading is only for the summary: it must not hold up a rejoin for long. */
const readTimeoutMs = 120_000;

/** Counts what pg_waldump finds in the stretches. A stretch that can't be read leaves the counts short. */
export async function summarizeWal(
  context: OperationContext,
  walDirectory: string,
  stretches: readonly WalStretch[],
): Promise<WalSummary> {
  const summarizer = createWalSummarizer();
  for (const stretch of stretches) {
    const problem = await readStretch(context, {
      walDirectory,
      stretch,
      onLine: (line) => summarizer.add(line),
    });
    if (problem === undefined) continue;
    context.log.warning(`the WAL of timeline ${stretch.timeline} could not be read for the summary`, {
      detail: problem,
    });
  }
  return summarizer.result();
}

/** Returns why the stretch could not be read to its end. */
async function readStretch(
  { adapters, settings, signal }: OperationContext,
  request: {
    readonly walDirectory: string;
    readonly stretch: WalStretch;
    readonly onLine: (line: string) => void;
  },
): Promise<string | undefined> {
  const { timeline, start, end } = request.stretch;
  try {
    const result = await adapters.runner.run({
      command: programPath(settings.settings, 'pg_waldump'),
      args: [
        `--path=${request.walDirectory}`,
        `--timeline=${timeline}`,
        `--start=${formatLsn(start)}`,
        ...(end === null ? [] : [`--end=${formatLsn(end)}`]),
      ],
      env: { LC_ALL: 'C' },
      timeoutMs: readTimeoutMs,
      signal,
      onStdoutLine: request.onLine,
    });
    if (result.timedOut) return 'reading it took too long';
    // Without a known end pg_waldump always stops with a failure, at the first record that isn't valid.
    return result.exitStatus === 0 || end === null ? undefined : result.stderr.trim().split('\n').at(-1);
  } catch (error) {
    if (error instanceof LocalCommandFailed) return error.message;
    throw error;
  }
}
