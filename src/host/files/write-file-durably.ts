import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RepmgrError } from '../../domain/errors/repmgr-error.ts';
import { fileFailure, hasCode } from './file-failure.ts';

/**
 * Replaces a file in one step that survives a power cut: temporary file beside it, fsync, rename, fsync of the
 * folder. `mode` (default 0600) is set regardless of the umask.
 * @throws OperationFailed
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  await replaceDurably(path, options.mode ?? 0o600, (file) => file.writeFile(content));
}

/** As {@link writeFileDurably}, with the content written by `fill` to the temporary file. */
export async function replaceDurably(
  path: string,
  mode: number,
  fill: (file: FileHandle, temporaryPath: string) => Promise<unknown>,
): Promise<void> {
  const temporaryPath = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporaryPath, 'wx', mode);
    try {
      await fill(file, temporaryPath);
      await giveToOwnerOfFolder(file, path);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporaryPath, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch((removal: unknown) => {
      throw fileFailure('remove the temporary file', temporaryPath, removal);
    });
    throw error instanceof RepmgrError ? error : fileFailure('write file', path, error);
  }
}

/** Durably creates an empty file. False, and nothing changed, when something of that name exists. */
export async function createEmptyDurably(path: string, mode = 0o600): Promise<boolean> {
  try {
    const file = await open(path, 'wx', mode);
    try {
      await giveToOwnerOfFolder(file, path);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw fileFailure('create file', path, error);
  }
}

/** Root leaves no file in a data directory that the server could not read. */
async function giveToOwnerOfFolder(file: FileHandle, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const folder = await stat(dirname(path));
  await file.chown(folder.uid, folder.gid);
}

/** Makes creations, renames and removals in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems refuse to sync a folder; PostgreSQL's own fsync_fname accepts that too.
    if (!hasCode(error, 'EINVAL', 'EBADF')) throw error;
  } finally {
    await folder.close();
  }
}
