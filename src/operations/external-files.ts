import { OperationFailed, type RepmgrError } from '../domain/errors/repmgr-error.ts';
import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';
import { shellQuote } from './remote-shell.ts';

export interface ExternalFiles {
  /** Where the files are, and as whom to get them. */
  readonly host: string;
  readonly remoteUser: string | undefined;
  readonly paths: readonly string[];
}

const copyTimeoutMs = 600_000;
const defaultRsyncOptions = '--archive --checksum --compress --progress --rsh=ssh';

/**
 * Configuration files of a server that lie outside of its data directory.
 * @throws OperationFailed (BAD_CONFIG) when the role may not see where they are.
 */
export async function findExternalFiles(
  { adapters }: Pick<OperationContext, 'adapters'>,
  connection: Connection,
): Promise<readonly string[]> {
  const [paths, settings] = await Promise.all([
    adapters.inspector.configurationFiles(connection),
    adapters.inspector.settings(connection, ['data_directory']),
  ]);
  const dataDirectory = settings.get('data_directory') ?? null;
  if (paths === null || dataDirectory === null) {
    throw new OperationFailed('the role may not see where the configuration files of the source are', {
      exit: 'BAD_CONFIG',
      hint: 'grant it pg_read_all_settings, or use --superuser',
    });
  }
  return paths.filter((path) => !path.startsWith(`${dataDirectory.replace(/\/+$/, '')}/`));
}

/**
 * Fetches the files with rsync, each to its own path (`samepath`) or into the new data directory (`pgdata`).
 * @throws OperationFailed (BAD_RSYNC), unless `force`: then it is a warning.
 */
export async function copyExternalFiles(
  context: OperationContext,
  files: ExternalFiles,
  options: { readonly intoDirectory: string | null; readonly force: boolean },
): Promise<void> {
  for (const path of files.paths) {
    const destination = options.intoDirectory === null ? path : `${options.intoDirectory}/${baseName(path)}`;
    const failure = await copyOne(context, files, { path, destination, force: options.force });
    if (failure === undefined) continue;
    if (!options.force) throw failure;
    context.log.warning(failure.message, { detail: failure.detail });
  }
}

async function copyOne(
  { adapters, settings, signal, log }: OperationContext,
  { host, remoteUser }: ExternalFiles,
  copy: { readonly path: string; readonly destination: string; readonly force: boolean },
): Promise<RepmgrError | undefined> {
  const rsyncOptions = settings.settings.rsync_options || defaultRsyncOptions;
  const extra = copy.force ? ' --delete --checksum' : '';
  const from = `${remoteUser === undefined ? '' : `${remoteUser}@`}${host}:${copy.path}`;
  log.info(`copying "${copy.path}" from "${host}" to "${copy.destination}"`);
  const result = await adapters.runner.run({
    command: `rsync ${rsyncOptions}${extra} ${shellQuote(from)} ${shellQuote(copy.destination)}`,
    shell: true,
    timeoutMs: copyTimeoutMs,
    signal,
  });
  // 24: files vanished on the source while they were copied.
  if (result.exitStatus === 0 || result.exitStatus === 24) return undefined;
  return new OperationFailed(`"${copy.path}" could not be copied from "${host}"`, {
    exit: 'BAD_RSYNC',
    detail: result.stderr.trim() || `rsync ended with ${result.exitStatus}`,
    hint: 'check rsync, SSH and the permissions on both hosts, or use --force to go on without the file',
  });
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
