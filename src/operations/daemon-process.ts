import { effectiveStateDirectory } from '../config/effective-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { Adapters } from '../ports/adapters.ts';
import { daemonPidFile } from './state-directory.ts';

/** A process, told from a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

interface ProcessContext {
  readonly adapters: Pick<Adapters, 'files' | 'processes'>;
  readonly settings: Pick<LoadedSettings, 'settings'>;
}

/** Leaves word of the daemon in the state directory, for those who must be sure that it is dead. */
export async function rememberDaemon({ adapters, settings }: ProcessContext, pid: number): Promise<void> {
  const entry = await adapters.processes.find(pid);
  const path = `${effectiveStateDirectory(settings.settings)}/${daemonPidFile}`;
  await adapters.files.writeDurably(path, `${pid} ${entry?.startTicks ?? ''}\n`);
}

/** Whether the process of the daemon that used the state directory last is gone; also where there never was one. */
export async function isLastDaemonDead(context: ProcessContext): Promise<boolean> {
  const path = `${effectiveStateDirectory(context.settings.settings)}/${daemonPidFile}`;
  const text = await context.adapters.files.readText(path);
  if (text === undefined) return true;
  const [pid, startTicks = ''] = text.trim().split(' ');
  return isProcessDead(context, { pid: Number(pid), startTicks });
}

export async function isProcessDead(
  { adapters }: Pick<ProcessContext, 'adapters'>,
  { pid, startTicks }: ProcessIdentity,
): Promise<boolean> {
  const entry = await adapters.processes.find(pid);
  return entry === undefined || entry.isZombie || entry.startTicks !== startTicks;
}
