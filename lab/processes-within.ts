import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Environment variable that marks every process of a lab host with the host's folder. */
export const hostFolderVariable = 'REPMGR_LAB_HOST';

/**
 * Pids of all living processes that belong to `folder`: their working directory is in it (PostgreSQL's is
 * its data directory) or they inherited its mark, as daemons and their children do.
 */
export function processesWithin(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && (worksIn(pid, folder) || isMarked(pid, folder)));
}

/** Pids of processes whose working directory is `folder` or below it, PostgreSQL's for a data directory. */
export function processesWorkingIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && worksIn(pid, folder));
}

/** Sends a signal; a process that has gone meanwhile is no error. Returns whether it was still there. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Whether a process lives; a zombie (waiting for its parent to notice) does not. */
export function isAlive(pid: number): boolean {
  const stat = readProc(pid, 'stat');
  return stat !== undefined && !/^\d+ \(.*\) [ZX]/s.test(stat);
}

function worksIn(pid: number, folder: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
    return cwd === folder || cwd.startsWith(`${folder}/`);
  } catch {
    // Gone, a zombie, or another user's: not ours.
    return false;
  }
}

function isMarked(pid: number, folder: string): boolean {
  const environment = readProc(pid, 'environ');
  if (environment === undefined) return false;
  const prefix = `${hostFolderVariable}=`;
  return environment.split('\0').some((entry) => {
    if (!entry.startsWith(prefix)) return false;
    const value = entry.slice(prefix.length);
    return value === folder || value.startsWith(`${folder}/`);
  });
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process has gone or belongs to another user.
    return undefined;
  }
}
