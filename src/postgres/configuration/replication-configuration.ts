import type { ReplicationConfiguration } from '../../ports/local-server.ts';
import type { ServerContext } from '../server/server-context.ts';
import { type AutoConfChange, mergeAutoConf, readAutoConfValue } from './auto-conf.ts';

/** Settings in the order in which repmgr writes them. */
const settingNames = [
  ['primaryConninfo', 'primary_conninfo'],
  ['recoveryMinApplyDelay', 'recovery_min_apply_delay'],
  ['primarySlotName', 'primary_slot_name'],
  ['restoreCommand', 'restore_command'],
  ['archiveCleanupCommand', 'archive_cleanup_command'],
  ['walRetrieveRetryInterval', 'wal_retrieve_retry_interval'],
] as const satisfies readonly (readonly [keyof ReplicationConfiguration, string])[];

type FileContext = Pick<ServerContext, 'files' | 'settings'>;

/**
 * Merges the given settings into postgresql.auto.conf.
 * @throws OperationFailed, ConfigurationError
 */
export async function writeReplicationConfiguration(
  context: FileContext,
  configuration: ReplicationConfiguration,
): Promise<void> {
  const changes = settingNames.flatMap(([key, name]): AutoConfChange[] => {
    const value = configuration[key];
    return value === undefined ? [] : [[name, value]];
  });
  const merged = mergeAutoConf(await readAutoConf(context), changes);
  await context.files.writeDurably(autoConfPath(context), Buffer.from(merged, 'latin1'), {
    mode: await fileModeIn(context),
  });
}

export async function readReplicationSetting(
  context: FileContext,
  name: string,
): Promise<string | undefined> {
  return readAutoConfValue(await readAutoConf(context), name);
}

async function readAutoConf(context: FileContext): Promise<string> {
  const content = await context.files.readBytes(autoConfPath(context));
  return content === undefined ? '' : Buffer.from(content).toString('latin1');
}

/** Files are readable for the group where the data directory is (initdb --allow-group-access). */
async function fileModeIn({ files, settings }: FileContext): Promise<number> {
  const directory = await files.status(settings.data_directory);
  return directory !== undefined && (directory.mode & 0o050) === 0o050 ? 0o640 : 0o600;
}

function autoConfPath({ settings }: FileContext): string {
  return `${settings.data_directory}/postgresql.auto.conf`;
}
