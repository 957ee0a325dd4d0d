import type { ProcessState } from '../../ports/local-server.ts';
import type { ProcessEntry } from '../../ports/process-table.ts';
import type { ServerContext } from './server-context.ts';

/** Content of postmaster.pid (src/include/utils/pidfile.h): one value per line. */
export interface PostmasterFile {
  readonly pid: number;
  /** `starting`, `stopping`, `ready` or `standby` (in recovery with hot_standby off). */
  readonly statusLine: string;
  /** Id of the System V segment that tells whether processes are still attached. */
  readonly sharedMemoryId: string | undefined;
  /** Lock file of the first Unix socket, undefined where the server has none. */
  readonly socketLockFile: string | undefined;
}

export async function readPostmasterFile({
  files,
  settings,
}: Pick<ServerContext, 'files' | 'settings'>): Promise<PostmasterFile | undefined> {
  const content = await files.readText(`${settings.data_directory}/postmaster.pid`);
  if (content === undefined) return undefined;
  const lines = content.split('\n');
  // A standalone backend writes its pid as a negative number.
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10));
  if (Number.isNaN(pid)) return undefined;
  const sharedMemoryId = /^\s*\d+\s+(\d+)/.exec(lines[6] ?? '')?.[1];
  const [, , , port, socketDirectory = ''] = lines;
  return {
    pid,
    statusLine: (lines[7] ?? '').trim(),
    sharedMemoryId,
    socketLockFile: socketDirectory === '' ? undefined : `${socketDirectory}/.s.PGSQL.${port}.lock`,
  };
}

/** Whether the postmaster of the data directory lives; another process of the same pid doesn't count. */
export async function readProcessState(context: ServerContext): Promise<ProcessState> {
  const file = await readPostmasterFile(context);
  if (file === undefined) return { kind: 'absent' };
  const entry = await context.processes.find(file.pid);
  if (entry === undefined || !isServerProcess(entry, await realDataDirectory(context))) {
    return { kind: 'stale', pid: file.pid };
  }
  return { kind: 'running', pid: file.pid, statusLine: file.statusLine };
}

/** The data directory as the kernel names it in /proc. */
async function realDataDirectory({
  files,
  settings,
}: Pick<ServerContext, 'files' | 'settings'>): Promise<string> {
  return (await files.realPath(settings.data_directory)) ?? settings.data_directory;
}

/**
 * The postmaster and its children work in the data directory. An administrator's shell may be there as well, so
 * the name counts, too. Zombies have given back memory and files already and can do no harm.
 */
function isServerProcess(entry: ProcessEntry, dataDirectory: string): boolean {
  if (entry.isZombie || !/postgres|postmaster/.test(entry.name)) return false;
  // Of another user's process the directory can't be seen; the pid file is what speaks for it then.
  return entry.workingDirectory === undefined || entry.workingDirectory === dataDirectory;
}

/** All processes of the data directory: PostgreSQL's and the commands that they run, found in one look. */
export async function listServerProcesses(context: ServerContext): Promise<readonly ProcessEntry[]> {
  const dataDirectory = await realDataDirectory(context);
  const all = await context.processes.list();
  const found = new Map<number, ProcessEntry>();
  const isOwn = (entry: ProcessEntry): boolean =>
    entry.workingDirectory === dataDirectory && isServerProcess(entry, dataDirectory);
  for (const entry of all) if (isOwn(entry)) found.set(entry.pid, entry);
  // archive_command and the like: killed with their parents, they can't touch pg_wal afterwards.
  for (let grown = found.size > 0; grown; ) {
    const children = all.filter(
      (entry) =>
        !entry.isZombie && entry.pid !== process.pid && !found.has(entry.pid) && found.has(entry.parentPid),
    );
    for (const child of children) found.set(child.pid, child);
    grown = children.length > 0;
  }
  return [...found.values()];
}

/**
 * Processes attached to the server's System V shared memory, by which PostgreSQL itself makes sure that no child
 * of a dead postmaster is left. Undefined when it can't be told.
 */
export async function attachedToSharedMemory(
  context: ServerContext,
  sharedMemoryId: string | undefined,
): Promise<number | undefined> {
  if (sharedMemoryId === undefined) return undefined;
  const table = await context.files.readText('/proc/sysvipc/shm');
  if (table === undefined) return undefined;
  // Columns: key shmid perms size cpid lpid nattch … (proc(5)). A segment that isn't listed has been removed.
  const line = table.split('\n').find((row) => row.trim().split(/\s+/)[1] === sharedMemoryId);
  return line === undefined ? 0 : Number(line.trim().split(/\s+/)[6]);
}
