import type { ServerContext } from './server-context.ts';
import {
  attachedToSharedMemory,
  listServerProcesses,
  readPostmasterFile,
  readProcessState,
} from './server-processes.ts';

/**
 * Removes the lock files of a dead postmaster where its pid is not free: something else has got it meanwhile
 * (after a power cut, in containers), or it is a zombie that nobody collects (containers without an init).
 * PostgreSQL asks by kill(pid, 0) only and would refuse to start. Left alone when anything of the data directory
 * still lives, and when the pid is free, as PostgreSQL judges that well itself.
 */
export async function removeLockFilesOfTheDead(context: ServerContext): Promise<void> {
  if ((await readProcessState(context)).kind !== 'stale') return;
  const file = await readPostmasterFile(context);
  if (file === undefined || (await context.processes.find(file.pid)) === undefined) return;
  if ((await listServerProcesses(context)).length > 0) return;
  if (((await attachedToSharedMemory(context, file.sharedMemoryId)) ?? 0) > 0) return;
  const { files, settings } = context;
  if (file.socketLockFile !== undefined) {
    const owner = (await files.readText(file.socketLockFile))?.split('\n')[0];
    if (Number(owner) === file.pid) await files.removeFile(file.socketLockFile);
  }
  await files.removeFile(`${settings.data_directory}/postmaster.pid`);
}
