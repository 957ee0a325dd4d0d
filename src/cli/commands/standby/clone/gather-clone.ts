import { tablespaceProblems } from '../../../../decisions/clone/basebackup-arguments.ts';
import {
  type BasebackupOptions,
  parseBasebackupOptions,
} from '../../../../decisions/clone/basebackup-options.ts';
import { type CheckResult, failed, passed } from '../../../../decisions/clone/check-result.ts';
import { checkSource } from '../../../../decisions/clone/source-checks.ts';
import type { CloneWish } from '../../../../decisions/clone/source-facts.ts';
import { judgeTargetDirectory, type TargetVerdict } from '../../../../decisions/clone/target-directory.ts';
import { usesReplicationSlots } from '../../../../decisions/slots/uses-replication-slots.ts';
import { ConfigurationError, OperationFailed } from '../../../../domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../../domain/node.ts';
import { type CloneSource, gatherCloneSource } from '../../../../operations/gather-clone-source.ts';
import { type GuardedDirectories, guardDirectories } from '../../../../operations/guard-directories.ts';
import { besideObstacles, placeObstacle } from '../../../../operations/place-clone.ts';
import { slotSetting } from '../../../../operations/slot-setting.ts';
import type { Connection } from '../../../../ports/connection.ts';
import type { CommandContext } from '../../../command.ts';
import { checkPrograms } from './check-programs.ts';
import { checkExternalFiles, type ExternalCopy } from './external-copy.ts';

/** Everything that is known before the first change. */
export interface PreparedClone {
  readonly connection: Connection;
  readonly source: CloneSource;
  /** Data directory, symbolic links resolved. */
  readonly target: string;
  readonly verdict: TargetVerdict;
  readonly basebackup: BasebackupOptions;
  readonly usesSlots: boolean;
  readonly guarded: GuardedDirectories;
  readonly externalCopy: ExternalCopy | null;
  readonly checks: readonly CheckResult[];
}

/** Observes source and target, and judges both. Changes nothing. */
export async function gatherClone(context: CommandContext, connection: Connection): Promise<PreparedClone> {
  const { options, settings, adapters } = context;
  const target = await targetDirectory(context);
  const basebackup = parseBasebackupOptions(settings.settings.pg_basebackup_options);
  const [source, state] = await Promise.all([
    gatherCloneSource(context, {
      connection,
      parameters: context.connectionParameters,
      nodeId: ownNodeId(context),
      nodeName: settings.settings.node_name,
      upstreamNodeId: (options['upstream-node-id'] ?? null) as NodeId | null,
      replicationUser: options['replication-user'],
      superuser: options.superuser,
      basebackup,
    }),
    adapters.files.inspectDataDirectory(target).catch(asConfigurationError),
  ]);
  const verdict = judgeTargetDirectory(target, state, { force: options.force });
  const usesSlots = wantsSlot(context, connection);
  const guarded = await guardOutside(context, source, basebackup);
  const external = await checkExternalFiles(context, connection);
  const checks = [
    ...checkSource(source.facts, wishOf(context, { basebackup, usesSlots })),
    ...(await checkTarget(context, { target, verdict, source })),
    ...tablespaceProblems(settings.settings.tablespace_mapping, source.tablespaceLocations).map((message) =>
      failed('tablespace_mapping', message, 'correct tablespace_mapping in repmgr.conf'),
    ),
    ...checkOccupied(guarded),
    ...(await checkPrograms(context)),
    ...external.checks,
  ];
  const externalCopy = external.copy;
  return { connection, source, target, verdict, basebackup, usesSlots, guarded, externalCopy, checks };
}

async function targetDirectory({ settings, options, adapters }: CommandContext): Promise<string> {
  const configured = settings.settings.data_directory || options.pgdata;
  if (configured === undefined || configured === '') {
    throw new ConfigurationError('the data directory of the standby is not known', {
      hint: 'set data_directory in repmgr.conf, or give it with -D/--pgdata',
    });
  }
  const resolved = await adapters.files.realPath(configured).catch(asConfigurationError);
  return resolved ?? configured.replace(/(.)\/+$/, '$1');
}

/** A data directory that can't be looked at is a wrong data_directory. */
function asConfigurationError(error: unknown): never {
  if (!(error instanceof OperationFailed)) throw error;
  const { message, hint } = error;
  throw new ConfigurationError(message, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

/** Null without a configuration file. */
function ownNodeId({ settings }: CommandContext): NodeId | null {
  return settings.settings.node_id === 0 ? null : (settings.settings.node_id as NodeId);
}

function wantsSlot(context: CommandContext, { serverVersionNum }: Connection): boolean {
  const { settings } = context;
  // A slot is named after the node id.
  if (ownNodeId(context) === null) return false;
  return usesReplicationSlots(slotSetting(settings), serverVersionNum);
}

function wishOf(
  context: CommandContext,
  { basebackup, usesSlots }: { readonly basebackup: BasebackupOptions; readonly usesSlots: boolean },
): CloneWish {
  const { settings, options } = context;
  return {
    nodeId: ownNodeId(context),
    nodeName: settings.settings.node_name,
    upstreamNodeId: (options['upstream-node-id'] ?? null) as NodeId | null,
    hasUpstreamConninfo: options['upstream-conninfo'] !== undefined,
    usesSlots,
    hasRestoreCommand: settings.settings.restore_command !== '',
    verifyBackup: options['verify-backup'],
    basebackup,
    force: options.force,
  };
}

/** Tablespaces and a separate WAL directory, by the paths that they will have on this host. */
async function guardOutside(
  { adapters, settings }: CommandContext,
  { tablespaceLocations }: CloneSource,
  { walDirectory }: BasebackupOptions,
): Promise<GuardedDirectories> {
  const mappings = settings.settings.tablespace_mapping;
  const tablespaces = tablespaceLocations.map(
    (location) => mappings.find(({ from }) => from === location)?.to ?? location,
  );
  return guardDirectories(adapters.files, [...tablespaces, ...(walDirectory === null ? [] : [walDirectory])]);
}

async function checkTarget(
  context: CommandContext,
  options: { readonly target: string; readonly verdict: TargetVerdict; readonly source: CloneSource },
): Promise<readonly CheckResult[]> {
  const { target, verdict, source } = options;
  if (verdict.kind === 'refuse') return [failed('data directory', verdict.message, verdict.hint)];
  if (verdict.kind !== 'replace') {
    const obstacle = await placeObstacle(context, target);
    if (obstacle === undefined) return [passed('data directory', `"${target}" can be used`)];
    return [failed('data directory', obstacle, `make a place for "${target}" that this user may write to`)];
  }
  const problems = await besideObstacles(context, target, source.dataBytes);
  if (problems.length === 0) return [passed('data directory', verdict.message)];
  return problems.map((message) => failed('data directory', message));
}

function checkOccupied({ occupied }: GuardedDirectories): readonly CheckResult[] {
  return occupied.map((path) =>
    failed(
      'tablespaces and WAL directory',
      `"${path}" is needed for a tablespace or for WAL, but is not empty`,
      'empty it yourself, or choose another place with tablespace_mapping or --waldir',
    ),
  );
}
