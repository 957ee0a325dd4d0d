import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { LocalCommandFailed } from '../src/domain/errors/repmgr-error.ts';

export interface PostgresBinaries {
  /** Directory that holds initdb, pg_ctl, postgres, pg_basebackup, pg_rewind … */
  readonly bindir: string;
  readonly majorVersion: number;
}

const oldestMajorVersion = 12;
const needed = ['initdb', 'pg_ctl', 'postgres', 'pg_basebackup', 'pg_rewind', 'pg_controldata'];

/**
 * Finds PostgreSQL's server programs: `PG_BINDIR` if set, else the newest of the packages' usual places
 * (Debian, PGDG's RPMs), else `PATH`.
 * @throws LocalCommandFailed with one line that says what to install.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const wanted = process.env['PG_BINDIR'] ?? process.env['pg_bindir'];
  if (wanted !== undefined && wanted !== '') return requireBinaries(wanted);
  const found = [...packagedDirectories(), ...directoriesInPath()]
    .map(inspect)
    .filter((binaries) => binaries !== undefined)
    .filter((binaries) => binaries.majorVersion >= oldestMajorVersion)
    .sort((a, b) => b.majorVersion - a.majorVersion);
  const newest = found[0];
  if (newest === undefined) throw missing('PostgreSQL server programs (12 or later) not found');
  return newest;
}

function requireBinaries(bindir: string): PostgresBinaries {
  const binaries = inspect(bindir);
  if (binaries === undefined) throw missing(`PG_BINDIR "${bindir}" lacks one of ${needed.join(', ')}`);
  if (binaries.majorVersion < oldestMajorVersion) {
    throw missing(`PG_BINDIR "${bindir}" is PostgreSQL ${binaries.majorVersion}, 12 or later is needed`);
  }
  return binaries;
}

function missing(problem: string): LocalCommandFailed {
  return new LocalCommandFailed(
    `${problem}; install them: apt-get install postgresql (Debian, Ubuntu) or dnf install postgresql-server`,
  );
}

function packagedDirectories(): string[] {
  const debian = entries('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`);
  const redhat = entries('/usr')
    .filter((name) => name.startsWith('pgsql-'))
    .map((name) => `/usr/${name}/bin`);
  return [...debian, ...redhat];
}

/** Follows links, because a `postgres` in PATH often points into a package's directory. */
function directoriesInPath(): string[] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, 'postgres'))
    .filter(isExecutable)
    .map((program) => dirname(realpathSync(program)));
}

function inspect(bindir: string): PostgresBinaries | undefined {
  if (!needed.every((name) => isExecutable(join(bindir, name)))) return undefined;
  const text = execFileSync(join(bindir, 'postgres'), ['--version'], { encoding: 'utf8' });
  const major = /\(PostgreSQL\) (\d+)/.exec(text)?.[1];
  return major === undefined ? undefined : { bindir, majorVersion: Number(major) };
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
