import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';

/** What libpq takes from the process and the host when a conninfo leaves something out. */
export interface ClientEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** Name of the operating-system user; default of `user`. */
  readonly osUser: string;
  /** Where a local server listens when the conninfo names no host. */
  readonly socketDirectory: string;
  /** Directory of the system-wide service file. */
  readonly systemDirectory: string;
}

/** The environment of this process. */
export function readClientEnvironment(): ClientEnvironment {
  const variables = process.env;
  return {
    variables,
    homeDirectory: homedir(),
    osUser: userInfo().username,
    socketDirectory: firstExisting(['/var/run/postgresql', '/tmp']),
    systemDirectory:
      variables.PGSYSCONFDIR ?? firstExisting(['/etc/postgresql-common', '/etc/sysconfig/pgsql', '/etc']),
  };
}

/** The first directory that is there, else the last. Debian and Red Hat patch libpq's compiled-in paths. */
function firstExisting(directories: readonly [string, ...string[]]): string {
  return directories.find((directory) => existsSync(directory)) ?? directories.at(-1) ?? directories[0];
}
