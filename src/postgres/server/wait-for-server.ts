import { LocalCommandFailed } from '../../domain/errors/repmgr-error.ts';
import type { ServerContext } from './server-context.ts';
import { listServerProcesses, readProcessState } from './server-processes.ts';

const pollMs = 5;

export interface WaitLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Resolves when the postmaster says in postmaster.pid that connections are accepted.
 * @throws LocalCommandFailed when that takes longer than the limit, Cancelled
 */
export async function untilReady(context: ServerContext, limits: WaitLimits): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    const state = await readProcessState(context);
    return state.kind === 'running' && ['ready', 'standby'].includes(state.statusLine);
  };
  if (await becomesTrue(context, limits, isReady)) return;
  throw new LocalCommandFailed(
    `the server in "${context.settings.data_directory}" did not accept connections ${inTime(limits)}`,
    { hint: 'look into the log of PostgreSQL; a long crash recovery may still be going on' },
  );
}

/**
 * Resolves when no process of the data directory is left.
 * @throws LocalCommandFailed when that takes longer than the limit, Cancelled
 */
export async function untilStopped(context: ServerContext, limits: WaitLimits): Promise<void> {
  // The postmaster goes last, so the cheap question comes first.
  const isStopped = async (): Promise<boolean> =>
    (await readProcessState(context)).kind !== 'running' && (await listServerProcesses(context)).length === 0;
  if (await becomesTrue(context, limits, isStopped)) return;
  throw new LocalCommandFailed(
    `the server in "${context.settings.data_directory}" did not stop ${inTime(limits)}`,
    { hint: 'a session, the archiver or a standby may hold it up; look into the log of PostgreSQL' },
  );
}

async function becomesTrue(
  { clock }: ServerContext,
  { timeoutMs, signal }: WaitLimits,
  probe: () => Promise<boolean>,
): Promise<boolean> {
  const deadlineAt = clock.monotonicMs() + timeoutMs;
  for (;;) {
    if (await probe()) return true;
    if (clock.monotonicMs() >= deadlineAt) return false;
    await clock.sleep(pollMs, signal);
  }
}

function inTime({ timeoutMs }: WaitLimits): string {
  return `within ${Math.round(timeoutMs / 100) / 10} s`;
}
