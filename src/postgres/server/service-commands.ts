import type { LocalServerSettings } from '../../ports/adapters.ts';
import type { StopMode } from '../../ports/local-server.ts';
import { postgresProgram } from './postgres-program.ts';

export type ServiceAction = 'start' | 'stop' | 'restart' | 'reload' | 'promote';

const settingOf = {
  start: 'service_start_command',
  stop: 'service_stop_command',
  restart: 'service_restart_command',
  reload: 'service_reload_command',
  promote: 'service_promote_command',
} as const satisfies Record<ServiceAction, keyof LocalServerSettings>;

/** The command of repmgr.conf for an action, used verbatim; undefined where none is given. */
export function serviceCommand(settings: LocalServerSettings, action: ServiceAction): string | undefined {
  const command = settings[settingOf[action]];
  return command === '' ? undefined : command;
}

/** The shell command line that an action runs, as `node service --list-actions` shows it. */
export function commandLine(
  settings: LocalServerSettings,
  action: ServiceAction,
  options: { readonly mode?: StopMode; readonly wait?: boolean; readonly logFile?: string } = {},
): string {
  const configured = serviceCommand(settings, action);
  if (configured !== undefined) return configured;
  const { mode = 'fast', wait = action !== 'stop', logFile } = options;
  const program = quoteIfNeeded(postgresProgram(settings.pg_bindir, 'pg_ctl'));
  const directory = `-D ${shellQuote(configurationDirectory(settings))}`;
  const waiting = wait ? '-w' : '-W';
  const log = logFile === undefined ? '' : `-l ${shellQuote(logFile)} `;
  const words =
    action === 'stop' ? `${directory} ${waiting} -m ${mode} stop` : `${waiting} ${directory} ${log}${action}`;
  return `${program} ${settings.pg_ctl_options} ${words}`;
}

/**
 * Where postgresql.conf lies. pg_ctl finds the data directory from there (`data_directory` in postgresql.conf),
 * which is the layout of Debian; without it, a server can't be started from its data directory alone.
 */
function configurationDirectory(settings: LocalServerSettings): string {
  return settings.config_directory === '' ? settings.data_directory : settings.config_directory;
}

/** True where the options given to pg_ctl say themselves where the server's output goes. */
export function choosesLogFile(pgCtlOptions: string): boolean {
  return /(^|\s)(-l|--log\b)/.test(pgCtlOptions);
}

function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function quoteIfNeeded(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : shellQuote(word);
}
