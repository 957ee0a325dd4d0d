import type { Settings } from '../../config/settings.ts';
import type { Adapters } from '../../ports/adapters.ts';
import type { DaemonLog } from '../../ports/logger.ts';
import { Guardian } from './guardian.ts';
import { writeGuardianPid } from './guardian-socket.ts';

export interface GuardianSurroundings {
  readonly loadAdapters: () => Adapters;
  readonly openLog: (settings: Settings) => DaemonLog;
  readonly writeError: (text: string) => void;
}

/** Runs `repmgrd guardian <state directory>`, which only repmgrd starts; resolves with the exit status. */
export async function main(argv: readonly string[], surroundings: GuardianSurroundings): Promise<number> {
  const [stateDirectory] = argv;
  if (stateDirectory === undefined || argv.length > 1) {
    surroundings.writeError('ERROR: repmgrd starts its guardian itself\n');
    return 1;
  }
  // Whatever ends the daemon, or all of its session, is not meant for its guardian.
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
  const adapters = surroundings.loadAdapters();
  const own = await adapters.processes.find(process.pid);
  await adapters.files.makeDirectory(stateDirectory);
  writeGuardianPid(stateDirectory, { pid: process.pid, startTicks: own?.startTicks ?? '' });
  await new Guardian({ stateDirectory, adapters, openLog: surroundings.openLog }).run();
  return 0;
}
