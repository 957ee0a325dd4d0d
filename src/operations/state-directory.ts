import type { Settings } from '../config/settings.ts';

/** Folder of what must outlive a restart and a replaced data directory. */
export function stateDirectory(settings: Pick<Settings, 'state_directory' | 'data_directory'>): string {
  return settings.state_directory === '' ? `${settings.data_directory}.repmgr` : settings.state_directory;
}

/** Name of the file in it that holds what the voter must not forget; only the daemon writes it. */
export const voterStateFile = 'voter-state.json';

/** Name of the file in it that names the process of the daemon that used it last. */
export const daemonPidFile = 'repmgrd.pid';

/** `20261122T215103Z`, for names of folders that sort by time. */
export function timestampForName(time: Date): string {
  return `${time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
