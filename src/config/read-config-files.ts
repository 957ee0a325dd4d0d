import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { ConfigFiles, DirectoryEntry } from './config-files.ts';

/** Reads configuration files from the disk of this host. */
export const configFilesOnDisk: ConfigFiles = {
  readFile: (path) => unlessMissing(path, () => readFile(path)),
  listDirectory: (path) => unlessMissing(path, () => listEntries(path)),
};

async function listEntries(path: string): Promise<readonly DirectoryEntry[]> {
  const names = await readdir(path);
  // stat, and not the types readdir knows, so that a link to a file is taken for what it leads to.
  return Promise.all(
    names.map(async (name) => {
      const status = await unlessMissing(join(path, name), () => stat(join(path, name)));
      return { name, isDirectory: status?.isDirectory() ?? false };
    }),
  );
}

async function unlessMissing<Result>(path: string, read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, error, code);
  }
}

function unreadable(path: string, cause: unknown, code: unknown): ConfigurationError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint =
    code === 'EISDIR'
      ? 'Name a file, not a folder.'
      : 'Make it readable for the user that runs this program.';
  return new ConfigurationError(`could not read "${path}": ${reason}`, {
    cause,
    hint,
    facts: { file: path },
  });
}
