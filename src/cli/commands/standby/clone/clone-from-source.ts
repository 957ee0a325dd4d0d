import { quickRetryInterval } from '../../../../decisions/clone/retry-interval.ts';
import { isConninfo } from '../../../../domain/conninfo/parse-conninfo.ts';
import { renderConninfo } from '../../../../domain/conninfo/render-conninfo.ts';
import type { ExitName } from '../../../../domain/errors/exit-codes.ts';
import { Cancelled } from '../../../../domain/errors/repmgr-error.ts';
import { type NodeId, slotNameFor } from '../../../../domain/node.ts';
import { planCloneSlot } from '../../../../operations/clone-slot.ts';
import { abandonClone, type CloneRequest, cloneSteps } from '../../../../operations/clone-standby.ts';
import { copyExternalFiles } from '../../../../operations/external-files.ts';
import { beginCopy, type CopyJournal } from '../../../../operations/journal/copy-journal.ts';
import { discardOld, settleCopy } from '../../../../operations/journal/settle-copy.ts';
import { planClonePlace } from '../../../../operations/place-clone.ts';
import { recordEvent } from '../../../../operations/record-event.ts';
import { clearRewindMarker } from '../../../../operations/rewind-marker.ts';
import { type PlanStep, runPlan } from '../../../../operations/run-plan.ts';
import { withLiveConnection } from '../../../../operations/with-live-connection.ts';
import type { ReplicationSource } from '../../../../operations/write-replication-configuration.ts';
import type { CommandContext } from '../../../command.ts';
import { createProgressLine } from '../../../output/progress-line.ts';
import type { PreparedClone } from './gather-clone.ts';

/** Makes the copy, or with --dry-run only tells how. */
export async function cloneFromSource(context: CommandContext, prepared: PreparedClone): Promise<ExitName> {
  const dryRun = context.options['dry-run'];
  const progress = createProgressLine('clone', context.out, context.adapters.clock);
  const request = requestOf(context, prepared, (state) => progress.update(state));
  const journal = dryRun ? undefined : await beginCopy(context, { operation: 'clone', ...request });
  try {
    const steps = [
      ...cloneSteps(context, request, journal),
      ...finalSteps(context, prepared, { request, journal }),
    ];
    await runPlan(context, steps, { dryRun });
  } catch (error) {
    progress.finish();
    context.log.notice('the clone did not succeed; removing what it made');
    await takeBack(context, request, journal);
    if (!(error instanceof Cancelled)) await recordClone(context, prepared, error);
    throw error;
  }
  progress.finish();
  await conclude(context, journal);
  if (dryRun) {
    context.log.info('all prerequisites for "standby clone" are met');
    return 'SUCCESS';
  }
  await recordClone(context, prepared, undefined);
  tellWhatIsNext(context, prepared, request);
  return 'SUCCESS';
}

/** Once the exchange of directories has begun, the directories themselves tell what is to be done. */
async function takeBack(
  context: CommandContext,
  request: CloneRequest,
  journal: CopyJournal | undefined,
): Promise<void> {
  const stage = journal?.entry.stage ?? 'copying';
  if (stage === 'copying' || stage === 'copied') await abandonClone(context, request, journal);
  else if (journal !== undefined) await settleCopy(context, journal.entry);
}

/** The copy is complete and in its place: nothing that stood there before is needed any more. */
async function conclude(context: CommandContext, journal: CopyJournal | undefined): Promise<void> {
  if (journal === undefined) return;
  const { target, asideDirectory } = journal.entry;
  // What was half-rewound here has been replaced.
  if (target === context.settings.settings.data_directory) await clearRewindMarker(context);
  if ((await discardOld(context, journal)) !== 'left') return;
  context.log.warning(`the old data directory is still in "${asideDirectory}"`, {
    hint: 'the next "standby clone" or repmgrd tries to remove it again',
  });
}

function requestOf(
  context: CommandContext,
  prepared: PreparedClone,
  onProgress: NonNullable<CloneRequest['onProgress']>,
): CloneRequest {
  const { settings, options } = context;
  const { verdict, target, source, guarded, usesSlots, externalCopy } = prepared;
  const kind = verdict.kind === 'replace' || verdict.kind === 'use' ? verdict.kind : 'create';
  const slotName = usesSlots ? slotNameFor(settings.settings.node_id as NodeId) : null;
  const { upstream } = source.facts;
  const copiesIntoPlace = externalCopy?.destination === 'pgdata';
  return {
    place: planClonePlace(context, { target, kind, purpose: 'clone' }),
    target,
    slot:
      slotName === null
        ? null
        : planCloneSlot(context, {
            slotName,
            source: prepared.connection,
            roles: source.slotRoles,
            upstream,
          }),
    guarded,
    basebackup: basebackupRequest(context, prepared, slotName),
    verify: options['verify-backup'],
    replication: replicationSource(context, prepared, slotName),
    ...(copiesIntoPlace
      ? {
          addFiles: (directory: string) =>
            copyExternalFiles(context, externalCopy.files, {
              intoDirectory: directory,
              force: options.force,
            }),
        }
      : {}),
    onProgress,
  };
}

function basebackupRequest(
  { options, settings, connectionParameters }: CommandContext,
  { source, basebackup }: PreparedClone,
  slotName: string | null,
): CloneRequest['basebackup'] {
  const conninfo = options.dbname !== undefined && isConninfo(options.dbname) ? connectionParameters : null;
  return {
    conninfo,
    host: connectionParameters.get('host') ?? null,
    port: connectionParameters.get('port') ?? null,
    user: source.replicationUser ?? connectionParameters.get('user') ?? null,
    fastCheckpoint: options['fast-checkpoint'],
    tablespaceMappings: settings.settings.tablespace_mapping,
    slotName,
    options: basebackup,
  };
}

function replicationSource(
  { options, connectionParameters, log }: CommandContext,
  { source }: PreparedClone,
  slotName: string | null,
): ReplicationSource {
  const { upstream, settings } = source.facts;
  const conninfo = options['upstream-conninfo'] ?? upstream?.conninfo ?? renderConninfo(connectionParameters);
  const retryInterval = quickRetryInterval(settings.get('wal_retrieve_retry_interval'));
  if (retryInterval !== undefined) {
    log.info(`wal_retrieve_retry_interval will be ${retryInterval} in postgresql.auto.conf of the standby`, {
      detail: 'at its default a promotion can take 5 seconds longer',
    });
  }
  return {
    upstream: { conninfo, replicationUser: upstream?.replicationUser ?? '' },
    slotName,
    base: connectionParameters,
    ...(retryInterval === undefined ? {} : { walRetrieveRetryInterval: retryInterval }),
  };
}

/** What follows once the copy is complete: files elsewhere, and the exchange of directories. */
function finalSteps(
  context: CommandContext,
  { externalCopy, verdict, target }: PreparedClone,
  { request, journal }: { readonly request: CloneRequest; readonly journal: CopyJournal | undefined },
): readonly PlanStep[] {
  const { options } = context;
  const steps: PlanStep[] = [];
  if (externalCopy?.destination === 'samepath') {
    steps.push({
      title: `copy configuration files to their own paths: ${externalCopy.files.paths.join(', ')}`,
      action: () =>
        copyExternalFiles(context, externalCopy.files, { intoDirectory: null, force: options.force }),
    });
  }
  if (verdict.kind !== 'replace') return steps;
  steps.push({
    title: `replace "${target}" by the copy and remove the old directory`,
    async action() {
      await journal?.record({ stage: 'exchanging' });
      await request.place.moveIn();
      await journal?.record({ stage: 'proven' });
    },
  });
  return steps;
}

async function recordClone(context: CommandContext, prepared: PreparedClone, error: unknown): Promise<void> {
  const { settings, options, connectionParameters } = context;
  if (settings.settings.node_id === 0) return;
  const source = `host "${connectionParameters.get('host') ?? ''}", port ${connectionParameters.get('port') ?? '5432'}`;
  const reason = error instanceof Error ? error.message : undefined;
  const details =
    reason ?? `cloned from ${source}; backup method: pg_basebackup; --force: ${options.force ? 'Y' : 'N'}`;
  const event = {
    nodeId: settings.settings.node_id,
    event: 'standby_clone',
    successful: reason === undefined,
    details,
  } as const;
  const { primary } = prepared.source;
  if (primary === null) await recordEvent(context, event);
  else await withLiveConnection(context, primary, (live) => recordEvent(context, event, live));
}

function tellWhatIsNext(
  { log, settings, adapters }: CommandContext,
  { target, source }: PreparedClone,
  { replication }: CloneRequest,
): void {
  const server = adapters.localServer({ ...settings.settings, data_directory: target });
  log.notice(`standby clone complete: "${target}"`, {
    hint: `start the server, for example with: ${server.describe('start')}`,
  });
  if (settings.settings.node_id === 0) return;
  log.info('after the start, register this node with "repmgr standby register"');
  if (replication.slotName !== null && source.facts.serverVersionNum >= 130000) {
    log.info('replication slots keep WAL while this node is away: bound it with max_slot_wal_keep_size');
  }
}
