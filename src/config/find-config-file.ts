import { join, resolve } from 'node:path';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { ConfigFiles } from './config-files.ts';

export interface FindOptions {
  /** Value of `-f`. */
  readonly configFile?: string | undefined;
  /** Folder that relative names start from: `$PWD`, so that symbolic links in it are kept. */
  readonly cwd: string;
  readonly files: ConfigFiles;
  /** Called with each place that is looked at when no file is named, for --verbose. */
  readonly onLookup?: ((path: string) => void) | undefined;
}

export interface FoundConfigFile {
  readonly path: string | undefined;
  readonly warnings: readonly string[];
}

/** Where packages for Red Hat keep one folder per major version of PostgreSQL, and others the file itself. */
const PACKAGE_FOLDER = '/etc/repmgr';

/** The folder that PostgreSQL on Debian is built with as sysconfdir. */
const DEBIAN_SYSCONFDIR = '/etc/postgresql-common';

/**
 * Finds repmgr.conf: the file named with -f and no other; else the first of `./repmgr.conf`,
 * `/etc/repmgr.conf` and the places of the packages. Names are made absolute.
 * @throws ConfigurationError when the file named with -f does not exist, or a file cannot be read
 */
export async function findConfigFile(options: FindOptions): Promise<FoundConfigFile> {
  const { configFile, cwd, files, onLookup } = options;
  if (configFile !== undefined)
    return { path: await requireFile(resolve(cwd, configFile), files), warnings: [] };
  const versioned = await listVersioned(files);
  for (const path of [
    join(cwd, 'repmgr.conf'),
    '/etc/repmgr.conf',
    `${PACKAGE_FOLDER}/repmgr.conf`,
    `${DEBIAN_SYSCONFDIR}/repmgr.conf`,
    ...(versioned.length === 1 ? versioned : []),
  ]) {
    onLookup?.(path);
    if ((await files.readFile(path)) !== undefined) return { path, warnings: [] };
  }
  return { path: undefined, warnings: versioned.length > 1 ? [warnOfSeveral(versioned)] : [] };
}

async function requireFile(path: string, files: ConfigFiles): Promise<string> {
  if ((await files.readFile(path)) !== undefined) return path;
  throw new ConfigurationError(`configuration file "${path}" does not exist`, {
    hint: 'Check the name given with -f/--config-file.',
    facts: { file: path },
  });
}

async function listVersioned(files: ConfigFiles): Promise<readonly string[]> {
  const listed = (await files.listDirectory(PACKAGE_FOLDER)) ?? [];
  const folders = listed.filter((entry) => entry.isDirectory && /^\d+$/.test(entry.name));
  const paths = folders.map(({ name }) => `${PACKAGE_FOLDER}/${name}/repmgr.conf`);
  const present = await Promise.all(paths.map(async (path) => (await files.readFile(path)) !== undefined));
  return paths.filter((_, index) => present[index]);
}

function warnOfSeveral(paths: readonly string[]): string {
  return `there are several configuration files (${paths.join(', ')}); name one of them with -f/--config-file`;
}
