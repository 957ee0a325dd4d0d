import { constants } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';

export interface PidFileChoice {
  /** --no-pid-file */
  readonly none: boolean;
  /** --pid-file */
  readonly option: string | undefined;
  /** repmgrd_pid_file; empty when not set. */
  readonly configured: string;
  /** Value of TMPDIR. */
  readonly temporaryDirectory: string | undefined;
}

/** Where the PID file goes: --no-pid-file, --pid-file, repmgrd_pid_file, $TMPDIR, /tmp, the first that applies. */
export function resolvePidFilePath(choice: PidFileChoice): string | undefined {
  if (choice.none) return undefined;
  if (choice.option !== undefined && choice.option !== '') return choice.option;
  if (choice.configured !== '') return choice.configured;
  const directory = choice.temporaryDirectory;
  return `${directory === undefined || directory === '' ? '/tmp' : directory}/repmgrd.pid`;
}

export interface PidFile {
  readonly path: string;
  /** Removes it, but only if it still holds our process id. False if it doesn't or is gone. */
  remove(): Promise<boolean>;
}

/**
 * Writes our process id. A file whose process is dead, or that holds no number, is overwritten.
 * @throws ConfigurationError: exit BAD_PIDFILE if that process lives or the file can't be read, exit BAD_CONFIG
 * if it can't be written.
 */
export async function createPidFile(path: string, pid: number = process.pid): Promise<PidFile> {
  if (!(await writeNewFile(path, pid))) {
    await refuseLivingOwner(path, pid);
    await overwriteFile(path, pid);
  }
  return { path, remove: () => removeOwnFile(path, pid) };
}

async function writeNewFile(path: string, pid: number): Promise<boolean> {
  try {
    await writePid(path, { pid, flags: constants.O_CREAT | constants.O_EXCL });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw cannotWrite(path, error);
  }
}

async function overwriteFile(path: string, pid: number): Promise<void> {
  try {
    // In /tmp somebody else could have put a symbolic link there.
    await writePid(path, { pid, flags: constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW });
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

async function writePid(path: string, { pid, flags }: { pid: number; flags: number }): Promise<void> {
  const file = await open(path, constants.O_WRONLY | flags, 0o644);
  try {
    await file.chmod(0o644);
    await file.writeFile(String(pid));
  } finally {
    await file.close();
  }
}

async function refuseLivingOwner(path: string, ownPid: number): Promise<void> {
  const owner = await readPid(path);
  // In a container the same process id comes back with each start; our own is nobody else's.
  if (owner === undefined || owner === ownPid || !acceptsSignals(owner) || (await isZombie(owner))) return;
  throw new ConfigurationError(`PID file "${path}" exists and process ${owner}, which it names, is running`, {
    exit: 'BAD_PIDFILE',
    hint: 'stop the repmgrd that is running; if that process is another program, remove the file',
    facts: { file: path, pid: owner },
  });
}

/** Undefined if the file is gone meanwhile or doesn't begin with a number. */
async function readPid(path: string): Promise<number | undefined> {
  try {
    const [, digits] = /^\s*(\d{1,10})\b/.exec(await readFile(path, 'utf8')) ?? [];
    const pid = Number(digits ?? '0');
    return pid > 0 ? pid : undefined;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new ConfigurationError(`PID file "${path}" exists but can't be read: ${messageOf(cause)}`, {
      exit: 'BAD_PIDFILE',
      hint: 'check its owner, or choose another file with repmgrd_pid_file',
      facts: { file: path },
      cause,
    });
  }
}

/** Whether signal 0 can be sent: a process of another user doesn't count, as repmgrd can't be it. */
function acceptsSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Dead, but nobody has taken note: process 1 of a container often doesn't. State in proc(5) /proc/pid/stat. */
async function isZombie(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false; // no /proc here, or gone meanwhile: signal 0 has spoken
  }
}

async function removeOwnFile(path: string, pid: number): Promise<boolean> {
  if ((await readPid(path)) !== pid) return false;
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(`unable to write or remove PID file "${path}": ${messageOf(cause)}`, {
    hint: 'check that the directory exists and belongs to the user of repmgrd, or set repmgrd_pid_file',
    facts: { file: path },
    cause,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
