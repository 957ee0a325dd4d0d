import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFailure } from './file-failure.ts';

/**
 * Creates a folder and its missing parents, or adjusts the mode of an existing one.
 * @throws OperationFailed
 */
export async function makeDirectory(path: string, mode = 0o700): Promise<void> {
  try {
    const firstCreated = await mkdir(path, { recursive: true, mode });
    if (firstCreated !== undefined) await giveToOwnerOfParent(path, firstCreated);
    // mkdir's mode is cut by the umask, and an existing folder keeps its own.
    await chmod(path, mode);
  } catch (error) {
    throw fileFailure('create folder', path, error);
  }
}

/** Root creates folders for the one who owns the place, so that the server can use them. */
async function giveToOwnerOfParent(path: string, firstCreated: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const parent = await stat(dirname(firstCreated));
  for (let folder = path; folder.length >= firstCreated.length; folder = dirname(folder)) {
    await chown(folder, parent.uid, parent.gid);
  }
}
