import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { ProcessEntry } from '../../ports/process-table.ts';
import type { OperationContext } from '../operation-context.ts';
import { waitUntil } from '../wait-until.ts';

type OrphanContext = Pick<OperationContext, 'adapters' | 'log' | 'signal'>;

/** What repmgr runs to fill a directory; pg_rewind itself runs `postgres --single`. */
const programs = new Set(['pg_basebackup', 'pg_rewind', 'postgres']);
const endLimitMs = 5_000;
const pollMs = 20;

/**
 * Ends what a killed repmgr was running and what has outlived it: it goes on writing to that directory, even if
 * another one has taken its name since. To be called only when the owner of the operation is known to be dead.
 * @throws OperationFailed when it can't be ended.
 */
export async function endOrphans(context: OrphanContext, directory: string): Promise<void> {
  const { processes, clock } = context.adapters;
  const orphans = await findOrphans(context, directory);
  if (orphans.length === 0) return;
  const names = orphans.map(({ name, pid }) => `${name} (PID: ${pid})`).join(', ');
  context.log.notice(`ending what the interrupted operation had started: ${names}`);
  for (const { pid } of orphans) processes.signal(pid, 'SIGKILL');
  const wait = { clock, intervalMs: pollMs, timeoutMs: endLimitMs, signal: context.signal };
  const areGone = await waitUntil(wait, async () => {
    const found = await Promise.all(orphans.map(({ pid }) => processes.find(pid)));
    return found.every((entry) => entry === undefined || entry.isZombie) ? true : undefined;
  });
  if (areGone === true) return;
  throw new OperationFailed(`${names} can not be ended and may still write to "${directory}"`, {
    hint: 'end the processes yourself, then try again',
  });
}

async function findOrphans({ adapters }: OrphanContext, directory: string): Promise<readonly ProcessEntry[]> {
  const running = (await adapters.processes.list()).filter(({ isZombie }) => !isZombie);
  const found = new Map<number, ProcessEntry>();
  for (const entry of running.filter(({ name }) => programs.has(name))) {
    if (isAbout((await adapters.processes.argumentsOf(entry.pid)) ?? [], entry.name, directory))
      found.set(entry.pid, entry);
  }
  // pg_basebackup receives WAL in a child of the same name.
  for (const entry of running) if (found.has(entry.parentPid)) found.set(entry.pid, entry);
  return [...found.values()];
}

/** A server that was started in the directory is no orphan: only one in single-user mode is. */
function isAbout(commandLine: readonly string[], name: string, directory: string): boolean {
  if (name === 'postgres' && !commandLine.includes('--single')) return false;
  return commandLine.some((word) => word === directory || word.endsWith(`=${directory}`));
}
