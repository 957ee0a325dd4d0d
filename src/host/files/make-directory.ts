import { chmod, mkdir } from 'node:fs/promises';
import { fileFailure } from './file-failure.ts';

/**
 * Creates a folder and its missing parents, or adjusts the mode of an existing one.
 * @throws OperationFailed
 */
export async function makeDirectory(path: string, mode = 0o700): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
    // mkdir's mode is cut by the umask, and an existing folder keeps its own.
    await chmod(path, mode);
  } catch (error) {
    throw fileFailure('create folder', path, error);
  }
}
