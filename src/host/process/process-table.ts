import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { ProcessEntry, ProcessTable } from '../../ports/process-table.ts';

/**
 * Processes of this host as /proc shows them (proc(5)); Linux only. Read synchronously: these files are made by
 * the kernel from memory, and the way through the thread pool would take ten times as long.
 */
export function createProcessTable(): ProcessTable {
  return {
    find: async (pid) => readEntry(pid),
    list: async () => listEntries(),
    argumentsOf: async (pid) =>
      unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        ?.split('\0')
        .slice(0, -1),
    signal: sendSignal,
  };
}

function listEntries(): readonly ProcessEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => readEntry(Number(pid))).filter((entry) => entry !== undefined);
}

function readEntry(pid: number): ProcessEntry | undefined {
  const stat = unlessGone(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  return parseProcessStat(
    stat,
    unlessGone(() => readlinkSync(`/proc/${pid}/cwd`)),
  );
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
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
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
