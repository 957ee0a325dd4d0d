import type { Settings } from '../config/settings.ts';
import type { ConnectionParameters } from '../domain/conninfo/connection-parameters.ts';
import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import { composePrimaryConninfo } from '../domain/conninfo/primary-conninfo.ts';
import type { NodeRecord } from '../domain/node.ts';
import type { LocalServer, ReplicationConfiguration } from '../ports/local-server.ts';

export interface ReplicationSource {
  readonly upstream: Pick<NodeRecord, 'conninfo' | 'replicationUser'>;
  /** Null removes a slot that was configured earlier. */
  readonly slotName: string | null;
  /** Connection parameters of the command line of `standby clone`. */
  readonly base?: ConnectionParameters;
  /** Only where it is to be written; undefined leaves what is there. */
  readonly walRetrieveRetryInterval?: string;
}

/** `application_name` of a node that is cloned without a configuration file. */
const unnamedNode = 'repmgr';

/**
 * What a standby of `upstream` has in postgresql.auto.conf. Settings that repmgr.conf leaves empty are not
 * touched there.
 */
export function composeReplicationConfiguration(
  settings: Settings,
  source: ReplicationSource,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReplicationConfiguration {
  const password = settings.use_primary_conninfo_password ? environment['PGPASSWORD'] : undefined;
  const primaryConninfo = composePrimaryConninfo({
    target: parseConninfo(source.upstream.conninfo),
    nodeName: settings.node_name === '' ? unnamedNode : settings.node_name,
    user: source.upstream.replicationUser,
    passfile: settings.passfile,
    ...(password === undefined ? {} : { password }),
    ...(source.base === undefined ? {} : { base: source.base }),
  });
  return {
    primaryConninfo,
    primarySlotName: source.slotName,
    ...whereGiven('restoreCommand', settings.restore_command),
    ...whereGiven('archiveCleanupCommand', settings.archive_cleanup_command),
    ...whereGiven('recoveryMinApplyDelay', settings.recovery_min_apply_delay),
    ...whereGiven('walRetrieveRetryInterval', source.walRetrieveRetryInterval ?? ''),
  };
}

function whereGiven<Key extends keyof ReplicationConfiguration>(
  key: Key,
  value: string,
): Pick<ReplicationConfiguration, Key> | Record<string, never> {
  return value === '' ? {} : ({ [key]: value } as Pick<ReplicationConfiguration, Key>);
}

/** Makes the server of this data directory a standby of `source` at its next start or reload. */
export async function writeReplicationConfiguration(
  settings: Settings,
  localServer: LocalServer,
  source: ReplicationSource,
): Promise<ReplicationConfiguration> {
  const configuration = composeReplicationConfiguration(settings, source);
  // The configuration comes first: standby.signal without it would make a standby that follows nobody.
  await localServer.writeReplicationConfiguration(configuration);
  await localServer.writeStandbySignal();
  return configuration;
}
