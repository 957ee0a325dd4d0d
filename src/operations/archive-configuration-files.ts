import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { OperationContext } from './operation-context.ts';
import { placeObstacle } from './place-clone.ts';

export interface ConfigurationArchive {
  readonly directory: string;
  /** Names relative to the data directory of the files that are in the archive. */
  readonly names: readonly string[];
  /** Removes the archive without putting the files back. */
  discard(): Promise<void>;
}

export interface ArchiveRequest {
  readonly dataDirectory: string;
  /** Folder for archives, `--config-archive-dir`. */
  readonly archiveRoot: string;
  /** Files asked for, relative to the data directory. */
  readonly names: readonly string[];
}

/** pg_rewind would replace these by the files of the other node, with its port and its paths. */
export const alwaysKeptFiles = ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf', 'postgresql.auto.conf'];

export function archiveDirectoryFor({ settings }: OperationContext, archiveRoot: string): string {
  return `${archiveRoot.replace(/\/+$/, '')}/repmgr-config-archive-${settings.settings.node_name}`;
}

/**
 * Copies configuration files out of the data directory before a rewind: those asked for and the standard ones.
 * @throws ConfigurationError when the archive can't be made.
 */
export async function archiveConfigurationFiles(
  context: OperationContext,
  request: ArchiveRequest,
): Promise<ConfigurationArchive> {
  const directory = archiveDirectoryFor(context, request.archiveRoot);
  await prepareDirectory(context, directory);
  const names = await existingNames(context, request);
  const { files } = context.adapters;
  for (const name of names) {
    await files.copyFileDurably(`${request.dataDirectory}/${name}`, archivedPath(directory, name), {
      mode: 0o600,
    });
  }
  return {
    directory,
    names,
    discard: () => files.removeTree(directory),
  };
}

/** Where a file of the data directory is in the archive. */
export function archivedPath(directory: string, name: string): string {
  return `${directory}/${name.replaceAll('/', '__')}`;
}

/** Puts the files back; fine to be repeated when it was interrupted, as the archive goes last. */
export async function restoreConfigurationFiles(
  { adapters }: Pick<OperationContext, 'adapters'>,
  archive: Pick<ConfigurationArchive, 'directory' | 'names'> & Pick<ArchiveRequest, 'dataDirectory'>,
): Promise<void> {
  const { files } = adapters;
  const { directory, names, dataDirectory } = archive;
  for (const name of names) {
    const from = archivedPath(directory, name);
    if (await files.exists(from))
      await files.copyFileDurably(from, `${dataDirectory}/${name}`, { mode: 0o600 });
  }
}

/**
 * Finds out whether {@link archiveConfigurationFiles} would succeed, without touching what is in the archive.
 * @throws ConfigurationError when the archive could not be made.
 */
export async function checkArchive(context: OperationContext, request: ArchiveRequest): Promise<void> {
  const directory = archiveDirectoryFor(context, request.archiveRoot);
  await existingNames(context, request);
  const obstacle = await placeObstacle(context, directory);
  if (obstacle !== undefined) throw cannotArchive(directory, obstacle);
}

function cannotArchive(directory: string, detail: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`configuration files can't be archived in "${directory}"`, {
    detail,
    hint: 'name another place with --config-archive-dir',
    cause,
  });
}

async function prepareDirectory({ adapters }: OperationContext, directory: string): Promise<void> {
  const { files } = adapters;
  try {
    await files.makeDirectory(directory, { mode: 0o700 });
    for (const name of (await files.list(directory)) ?? []) {
      if ((await files.status(`${directory}/${name}`))?.kind !== 'file') continue;
      await files.removeFile(`${directory}/${name}`);
    }
  } catch (error) {
    throw cannotArchive(directory, error instanceof Error ? error.message : String(error), error);
  }
}

async function existingNames(
  { adapters, log }: OperationContext,
  { dataDirectory, names }: ArchiveRequest,
): Promise<readonly string[]> {
  const outside = names.filter((name) => name.startsWith('/') || name.split('/').includes('..'));
  if (outside.length > 0) {
    throw new ConfigurationError(`--config-files: not inside the data directory: ${outside.join(', ')}`, {
      hint: 'name files relative to the data directory; files outside are not touched by a rewind',
    });
  }
  const existing: string[] = [];
  for (const name of new Set([...names, ...alwaysKeptFiles])) {
    if (await adapters.files.exists(`${dataDirectory}/${name}`)) existing.push(name);
    else if (names.includes(name)) {
      log.warning(`"${name}" is not in "${dataDirectory}" and is not archived`);
    }
  }
  return existing;
}
