import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { ProcessEntry } from '../../ports/process-table.ts';
import type { ServerContext } from './server-context.ts';
import {
  attachedToSharedMemory,
  listServerProcesses,
  readPostmasterFile,
  readProcessState,
} from './server-processes.ts';

export interface FenceResult {
  /** Nobody of the data directory is left, by the process table and by its shared memory. */
  readonly verified: boolean;
  /** Processes that had to be ended by SIGKILL. */
  readonly killed: number;
  readonly steps: readonly string[];
}

const pollMs = 4;

/**
 * Ends all processes of the data directory: SIGQUIT to the postmaster (immediate shutdown), SIGKILL to whoever is
 * left after `quitMs`, looked after until nobody is or `deadlineMs` is over. Stopped processes end as well, as
 * SIGKILL needs no cooperation.
 */
export async function fenceServer(
  context: ServerContext,
  limits: { readonly quitMs: number; readonly deadlineMs: number },
): Promise<FenceResult> {
  const startedAt = context.clock.monotonicMs();
  const deadlineAt = startedAt + limits.deadlineMs;
  const sharedMemoryId = (await readPostmasterFile(context))?.sharedMemoryId;
  const steps: string[] = [];
  const note = (what: string): void => {
    steps.push(`${Math.round(context.clock.monotonicMs() - startedAt)} ms: ${what}`);
  };
  await quitPostmaster(context, Math.min(startedAt + limits.quitMs, deadlineAt), note);
  const killed = await killAll(context, deadlineAt, note);
  const attached = await untilDetached(context, sharedMemoryId, deadlineAt);
  const left = await listServerProcesses(context);
  const verified = left.length === 0 && (attached ?? 0) === 0;
  note(
    verified
      ? 'verified that no process is left'
      : `not verified: ${left.length} processes left${left.length > 0 ? ` (${pidsOf(left)})` : ''}, ` +
          `${attached ?? 'unknown'} attached to the shared memory`,
  );
  return { verified, killed, steps };
}

type Note = (what: string) => void;

async function quitPostmaster(context: ServerContext, untilMs: number, note: Note): Promise<void> {
  const state = await readProcessState(context);
  if (state.kind !== 'running') {
    note(state.kind === 'absent' ? 'no postmaster.pid' : `postmaster.pid names ${state.pid}, which is dead`);
    return;
  }
  if (sendSignal(context, { pid: state.pid, name: 'SIGQUIT' }, note) !== 'sent') return;
  note(`sent SIGQUIT to the postmaster, process ${state.pid}`);
  for (;;) {
    const entry = await context.processes.find(state.pid);
    if (entry === undefined || entry.isZombie) {
      note('the postmaster has ended');
      return;
    }
    if (context.clock.monotonicMs() >= untilMs) return;
    await context.clock.sleep(pollMs);
  }
}

/** A new look after every round: a postmaster that wasn't dead yet may have started children meanwhile. */
async function killAll(context: ServerContext, deadlineAt: number, note: Note): Promise<number> {
  const tried = new Set<string>();
  let killed = 0;
  for (;;) {
    const left = await listServerProcesses(context);
    if (left.length === 0) return killed;
    const fresh = left.filter((entry) => !tried.has(identityOf(entry)));
    if (fresh.length > 0) note(`sending SIGKILL to ${fresh.length} processes (${pidsOf(fresh)})`);
    // Parents first: they can't start anything any more while their children are killed.
    for (const entry of fresh.sort((a, b) => depthOf(a, left) - depthOf(b, left))) {
      tried.add(identityOf(entry));
      if (sendSignal(context, { pid: entry.pid, name: 'SIGKILL' }, note) === 'sent') killed += 1;
    }
    if (context.clock.monotonicMs() >= deadlineAt) return killed;
    await context.clock.sleep(pollMs);
  }
}

/** One process that may not be signalled mustn't save the others; verification tells that it is left. */
function sendSignal(
  context: ServerContext,
  signal: { readonly pid: number; readonly name: 'SIGQUIT' | 'SIGKILL' },
  note: Note,
): 'sent' | 'gone' | 'refused' {
  try {
    return context.processes.signal(signal.pid, signal.name) ? 'sent' : 'gone';
  } catch (error) {
    if (!(error instanceof OperationFailed)) throw error;
    note(error.message);
    return 'refused';
  }
}

async function untilDetached(
  context: ServerContext,
  sharedMemoryId: string | undefined,
  deadlineAt: number,
): Promise<number | undefined> {
  for (;;) {
    const attached = await attachedToSharedMemory(context, sharedMemoryId);
    if (attached === undefined || attached === 0) return attached;
    if (context.clock.monotonicMs() >= deadlineAt) return attached;
    await context.clock.sleep(pollMs);
  }
}

function identityOf(entry: ProcessEntry): string {
  return `${entry.pid}/${entry.startTicks}`;
}

function depthOf(entry: ProcessEntry, all: readonly ProcessEntry[]): number {
  const parent = all.find((other) => other.pid === entry.parentPid);
  return parent === undefined ? 0 : 1 + depthOf(parent, all);
}

function pidsOf(entries: readonly ProcessEntry[]): string {
  const shown = entries.slice(0, 10).map((entry) => String(entry.pid));
  return entries.length > shown.length ? `${shown.join(', ')} …` : shown.join(', ');
}
