import { existsSync } from 'node:fs';
import * as os from 'node:os';

/** What libpq takes from the process and the host when a conninfo leaves something out. */
export interface ClientEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** Name of the operating-system user; default of `user`. Empty where the user has no name, as in containers. */
  readonly osUser: string;
  /** Where a local server listens when the conninfo names no host. */
  readonly socketDirectory: string;
  /** Directory of the system-wide service file. */
  readonly systemDirectory: string;
}

type OperatingSystem = Pick<typeof os, 'homedir' | 'userInfo'>;

/** The environment of this process. */
export function readClientEnvironment(system: OperatingSystem = os): ClientEnvironment {
  const variables = process.env;
  return {
    variables,
    homeDirectory: unlessUnknown(() => system.homedir() || system.userInfo().homedir) || '/nonexistent',
    osUser: unlessUnknown(() => system.userInfo().username),
    socketDirectory: firstExisting(['/var/run/postgresql', '/tmp']),
    systemDirectory:
      variables.PGSYSCONFDIR ?? firstExisting(['/etc/postgresql-common', '/etc/sysconfig/pgsql', '/etc']),
  };
}

/** Node throws where the system knows nobody of this user ID; libpq goes without. */
function unlessUnknown(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SYSTEM_ERROR') return '';
    throw error;
  }
}

/** The first directory that is there, else the last. Debian and Red Hat patch libpq's compiled-in paths. */
function firstExisting(directories: readonly [string, ...string[]]): string {
  return directories.find((directory) => existsSync(directory)) ?? directories.at(-1) ?? directories[0];
}
