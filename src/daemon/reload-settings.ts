import { diffSettings, type SettingsDiff } from '../config/diff-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import { ConfigurationError, RepmgrError } from '../domain/errors/repmgr-error.ts';
import type { DaemonLog, LogDestination } from '../ports/logger.ts';
import { messageOf, type Node } from './node.ts';

const connectLimitMs = 5_000;

export interface Reload {
  readonly node: Node;
  readonly log: DaemonLog;
  /** Reads the whole file again. */
  readonly read: () => Promise<LoadedSettings>;
  /** Brings new settings into force. */
  readonly apply: (settings: LoadedSettings) => void;
}

export function logDestinationOf({ settings }: LoadedSettings): LogDestination {
  return { level: settings.log_level, facility: settings.log_facility, file: settings.log_file };
}

/**
 * SIGHUP: any error leaves everything as it was. Never throws. The log is opened anew in any case, for it may have
 * been rotated.
 */
export async function reloadSettings(reload: Reload): Promise<void> {
  const { node, log } = reload;
  try {
    const read = await reload.read();
    const diff = diffSettings(node.settings.settings, read.settings);
    await refuseUnusable(node, diff, read);
    const settings = keepFixed(node.settings, read, diff);
    log.apply(logDestinationOf(settings));
    reload.apply(settings);
    tellChanges(log, diff);
  } catch (error) {
    log.apply(logDestinationOf(node.settings));
    const { detail, hint } = error instanceof RepmgrError ? error : {};
    log.error(`the configuration was not reloaded: ${messageOf(error)}`, { detail, hint });
  }
}

async function refuseUnusable(node: Node, diff: SettingsDiff, read: LoadedSettings): Promise<void> {
  if (diff.refused.length > 0) {
    const names = diff.refused.map(({ name }) => `"${name}"`).join(' and ');
    throw new ConfigurationError(`${names} cannot change in a running repmgrd`, {
      hint: 'undo the change, or restart repmgrd',
    });
  }
  if (!diff.applied.some(({ name }) => name === 'conninfo')) return;
  const { conninfo } = read.settings;
  const options = { timeoutMs: connectLimitMs, signal: node.ending };
  const connection = await node.adapters.connections.connect(conninfo, options);
  connection.destroy();
}

/** What counts only after a restart goes on as it was: the port that is bound, the directory that is in use. */
function keepFixed(before: LoadedSettings, read: LoadedSettings, diff: SettingsDiff): LoadedSettings {
  const kept = diff.needRestart.map(({ name }) => [name, before.settings[name]] as const);
  return { ...read, settings: { ...read.settings, ...Object.fromEntries(kept) } };
}

function tellChanges(log: DaemonLog, { applied, needRestart, needRegistration }: SettingsDiff): void {
  for (const { name, from, to } of applied) log.notice(`"${name}" is now "${to}" (was "${from}")`);
  for (const { name } of needRestart)
    log.warning(`"${name}" has changed; it counts after a restart of repmgrd`);
  for (const { name } of needRegistration) {
    log.warning(`"${name}" has changed; it counts after "repmgr standby register --force" (or primary)`);
  }
  log.notice('configuration reloaded');
}
