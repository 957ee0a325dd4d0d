import { randomBytes } from 'node:crypto';
import { effectiveStateDirectory } from '../config/effective-settings.ts';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { NodeId } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import { clusterKeyFile, localDaemonAddress } from './daemon-access.ts';
import type { OperationContext } from './operation-context.ts';

type VoterContext = Pick<OperationContext, 'adapters' | 'settings'>;

/** Name of the file in the state directory that makes this node's daemon a voter of its own. */
const incarnationFile = 'incarnation';
const incarnationPattern = /^[0-9a-f]{32}$/;

/**
 * The random id that tells this voter from an earlier one of the same node ID; made once and kept in the state
 * directory.
 * @throws ConfigurationError when the directory can't be used.
 */
export async function prepareIncarnation({ adapters, settings }: VoterContext): Promise<string> {
  const directory = effectiveStateDirectory(settings.settings);
  const path = `${directory}/${incarnationFile}`;
  try {
    const kept = (await adapters.files.readText(path))?.trim();
    if (kept !== undefined && incarnationPattern.test(kept)) return kept;
    const incarnation = randomBytes(16).toString('hex');
    await adapters.files.makeDirectory(directory);
    await adapters.files.writeDurably(path, `${incarnation}\n`);
    return incarnation;
  } catch (error) {
    throw new ConfigurationError(`the state directory "${directory}" cannot be used`, {
      detail: error instanceof Error ? error.message : String(error),
      hint: 'set "state_directory" in repmgr.conf to a directory that this user may write, outside of the data directory',
      facts: { file: path },
      cause: error,
    });
  }
}

/** Tells the cluster where the daemon of this node listens. `primary` must be out of recovery. */
export async function announceDaemon(
  context: VoterContext,
  primary: Connection,
  incarnation: string,
): Promise<void> {
  const nodeId = context.settings.settings.node_id as NodeId;
  await context.adapters.metadata.putDaemonAddress(primary, {
    nodeId,
    incarnation,
    ...localDaemonAddress(context),
  });
}

/** Makes the key by which the daemons know each other, unless there is one. */
export async function ensureClusterKey({ adapters }: VoterContext, primary: Connection): Promise<string> {
  return adapters.metadata.ensureClusterKey(primary, randomBytes(32).toString('hex'));
}

/** Keeps the cluster key where this node finds it while its database is down. */
export async function keepClusterKey({ adapters, settings }: VoterContext, key: string): Promise<void> {
  const directory = effectiveStateDirectory(settings.settings);
  await adapters.files.makeDirectory(directory);
  await adapters.files.writeDurably(`${directory}/${clusterKeyFile}`, `${key}\n`);
}
