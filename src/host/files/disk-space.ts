import { lstat, opendir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileFailure, hasCode } from './file-failure.ts';

/**
 * Bytes that this user may still fill on the file system of `path`, or of its nearest existing parent.
 * @throws OperationFailed
 */
export async function freeBytes(path: string): Promise<number> {
  try {
    const fileSystem = await statfs(path);
    return fileSystem.bavail * fileSystem.bsize;
  } catch (error) {
    const parent = dirname(path);
    if (hasCode(error, 'ENOENT') && parent !== path) return freeBytes(parent);
    throw fileFailure('read the free space of', path, error);
  }
}

/**
 * Bytes that a folder occupies with everything below it, links not followed. What vanishes meanwhile (a
 * running server) doesn't count.
 * @throws OperationFailed
 */
export async function occupiedBytes(path: string): Promise<number> {
  let total = 0;
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const entry of await opendir(folder)) {
        const entryPath = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(entryPath);
        total += await ownBytes(entryPath);
      }
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw fileFailure('measure folder', folder, error);
    }
  }
  return total;
}

async function ownBytes(path: string): Promise<number> {
  try {
    // Blocks of 512 bytes, whatever the file system's own are (stat(2)).
    return (await lstat(path)).blocks * 512;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}
