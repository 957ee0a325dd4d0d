import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataDirectoryState } from '../../ports/file-system.ts';
import type { ProcessTable } from '../../ports/process-table.ts';
import { fileFailure, hasCode } from './file-failure.ts';

/**
 * What stands at `path`; see {@link DataDirectoryState}.
 * @throws OperationFailed when it may not be read.
 */
export async function inspectDataDirectory(
  path: string,
  processes: Pick<ProcessTable, 'find'>,
): Promise<DataDirectoryState> {
  try {
    const names = await readdir(path);
    if (names.length === 0) return { kind: 'empty' };
    if (!names.includes('PG_VERSION')) return { kind: 'notEmpty' };
    const majorVersion = Number.parseInt(await readFile(join(path, 'PG_VERSION'), 'utf8'), 10);
    if (Number.isNaN(majorVersion)) return { kind: 'notEmpty' };
    const livePostmasterPid = names.includes('postmaster.pid')
      ? await livePostmaster(path, processes)
      : undefined;
    return { kind: 'dataDirectory', majorVersion, livePostmasterPid };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { kind: 'absent' };
    if (hasCode(error, 'ENOTDIR')) return { kind: 'notADirectory' };
    throw fileFailure('inspect folder', path, error);
  }
}

async function livePostmaster(
  path: string,
  processes: Pick<ProcessTable, 'find'>,
): Promise<number | undefined> {
  const content = await readFile(join(path, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  });
  // A standalone backend (postgres --single) writes its pid as a negative number.
  const pid = Math.abs(Number.parseInt(content, 10));
  if (Number.isNaN(pid)) return undefined;
  const found = await processes.find(pid);
  if (found === undefined || found.isZombie) return undefined;
  // The postmaster changes into the data directory; a process elsewhere merely got the same number later.
  if (found.workingDirectory !== undefined && found.workingDirectory !== (await realpath(path))) {
    return undefined;
  }
  return pid;
}
