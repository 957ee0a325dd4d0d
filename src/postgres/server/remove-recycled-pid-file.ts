import type { ServerContext } from './server-context.ts';
import {
  attachedToSharedMemory,
  listServerProcesses,
  readPostmasterFile,
  readProcessState,
} from './server-processes.ts';

/**
 * Removes a postmaster.pid whose pid a process of something else has got meanwhile, as happens after a power cut
 * and in containers, or which is a zombie that nobody collects. PostgreSQL looks only whether that process is
 * listed and would refuse to start. Left alone when anything of the data directory is still alive, or when the
 * pid is free: PostgreSQL judges that well itself.
 */
export async function removeRecycledPidFile(context: ServerContext): Promise<void> {
  if ((await readProcessState(context)).kind !== 'stale') return;
  const file = await readPostmasterFile(context);
  if (file === undefined) return;
  const holder = await context.processes.find(file.pid);
  if (holder === undefined || (!holder.isZombie && holder.workingDirectory === undefined)) return;
  if ((await listServerProcesses(context)).length > 0) return;
  if (((await attachedToSharedMemory(context, file.sharedMemoryId)) ?? 0) > 0) return;
  await context.files.removeFile(`${context.settings.data_directory}/postmaster.pid`);
}
