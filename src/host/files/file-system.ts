import { constants, type Stats } from 'node:fs';
import {
  appendFile,
  chmod,
  copyFile,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileStatus, FileSystem } from '../../ports/file-system.ts';
import type { ProcessTable } from '../../ports/process-table.ts';
import { freeBytes, occupiedBytes } from './disk-space.ts';
import { fileFailure, hasCode } from './file-failure.ts';
import { inspectDataDirectory } from './inspect-data-directory.ts';
import { makeDirectory } from './make-directory.ts';
import { createEmptyDurably, replaceDurably, syncFolder, writeFileDurably } from './write-file-durably.ts';

/** The files of this host; `processes` tells whether the postmaster of a data directory lives. */
export function createFileSystem(processes: Pick<ProcessTable, 'find'>): FileSystem {
  return {
    readText: async (path) => (await readBytes(path))?.toString('utf8'),
    readBytes,
    exists: async (path) => (await statusOf(path)) !== undefined,
    status: statusOf,
    list: (path) => absentAsUndefined('list folder', path, async () => (await readdir(path)).sort()),
    linkTarget,
    realPath: (path) => absentAsUndefined('resolve path', path, () => realpath(path)),
    writeDurably: writeFileDurably,
    append: (path, content) =>
      orFail('append to file', path, () => appendFile(path, content, { mode: 0o600 })),
    createEmptyDurably: (path, options = {}) => createEmptyDurably(path, options.mode),
    copyFileDurably,
    renameDurably,
    removeFile,
    removeTree,
    makeDirectory: (path, options = {}) => makeDirectory(path, options.mode),
    setMode: (path, mode) => orFail('change the permissions of', path, () => chmod(path, mode)),
    freeBytes,
    occupiedBytes,
    inspectDataDirectory: (path) => inspectDataDirectory(path, processes),
  };
}

async function orFail<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFailure(what, path, error);
  }
}

async function absentAsUndefined<T>(
  what: string,
  path: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw fileFailure(what, path, error);
  }
}

function readBytes(path: string): Promise<Buffer | undefined> {
  return absentAsUndefined('read file', path, () => readFile(path));
}

async function statusOf(path: string): Promise<FileStatus | undefined> {
  const stats = await absentAsUndefined('examine', path, () => stat(path));
  if (stats === undefined) return undefined;
  return {
    kind: kindOf(stats),
    mode: stats.mode & 0o7777,
    sizeBytes: stats.size,
    userId: stats.uid,
    device: String(stats.dev),
    inode: String(stats.ino),
    modifiedAtMs: stats.mtimeMs,
  };
}

function kindOf(stats: Stats): FileStatus['kind'] {
  if (stats.isFile()) return 'file';
  return stats.isDirectory() ? 'directory' : 'other';
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) return undefined;
    throw fileFailure('read link', path, error);
  }
}

async function copyFileDurably(from: string, to: string, options: { mode?: number } = {}): Promise<void> {
  const source = await statusOf(from);
  await replaceDurably(to, options.mode ?? source?.mode ?? 0o600, async (_file, temporaryPath) => {
    await orFail('copy file', from, () => copyFile(from, temporaryPath, constants.COPYFILE_FICLONE));
  });
}

function renameDurably(from: string, to: string): Promise<void> {
  return orFail(`rename to "${to}" the path`, from, async () => {
    await rename(from, to);
    await syncFolder(dirname(to));
    if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
  });
}

async function removeFile(path: string): Promise<boolean> {
  const removed = await absentAsUndefined('remove file', path, async () => {
    await unlink(path);
    await syncFolder(dirname(path));
    return true;
  });
  return removed ?? false;
}

function removeTree(path: string): Promise<void> {
  return orFail('remove folder', path, () => rm(path, { recursive: true, force: true }));
}
