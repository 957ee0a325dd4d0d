import { readdir, readFile, readlink } from 'node:fs/promises';
import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { ProcessEntry, ProcessTable } from '../../ports/process-table.ts';

/** Processes of this host as /proc shows them (proc(5)); Linux only. */
export function createProcessTable(): ProcessTable {
  return { find: readEntry, list: listEntries, signal: sendSignal };
}

async function listEntries(): Promise<readonly ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(pids.map((pid) => readEntry(Number(pid))));
  return entries.filter((entry) => entry !== undefined);
}

async function readEntry(pid: number): Promise<ProcessEntry | undefined> {
  const stat = await unlessGone(readFile(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  const workingDirectory = await unlessGone(readlink(`/proc/${pid}/cwd`));
  return parseProcessStat(stat, workingDirectory);
}

/** `pid (name) state ppid … starttime …`; the name may hold blanks and parentheses itself. */
export function parseProcessStat(
  stat: string,
  workingDirectory: string | undefined,
): ProcessEntry | undefined {
  const match = /^(\d+) \((.*)\) ([A-Za-z]) (.*)$/s.exec(stat.trimEnd());
  if (match === null) return undefined;
  const fields = (match[4] ?? '').split(' ');
  return {
    pid: Number(match[1]),
    parentPid: Number(fields[0]),
    name: match[2] ?? '',
    // Field 22 of the line (proc(5)), where field 4 is the first of `fields`.
    startTicks: fields[18] ?? '',
    isZombie: match[3] === 'Z' || match[3] === 'X',
    // A folder that was renamed or removed under a running process gets this suffix.
    workingDirectory: workingDirectory?.replace(/ \(deleted\)$/, ''),
  };
}

/** ESRCH and ENOENT: ended meanwhile. EACCES and EPERM: not ours to look into. */
async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw error;
  }
}

function sendSignal(pid: number, signalName: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signalName);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw new OperationFailed(`unable to send ${signalName} to process ${pid}`, {
      exit: 'SYS_FAILURE',
      hint: 'run the command as the owner of the data directory',
      facts: { pid, signal: signalName },
      cause: error,
    });
  }
}
