import { parseBasebackupOptions, withWalDirectory } from '../decisions/clone/basebackup-options.ts';
import type { RejoinEvidence, RejoinVerdict } from '../decisions/rejoin/choose-rejoin-method.ts';
import { usesReplicationSlots } from '../decisions/slots/uses-replication-slots.ts';
import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, slotNameFor } from '../domain/node.ts';
import type { BackupProgress } from '../ports/backup-source.ts';
import type { LocalServer } from '../ports/local-server.ts';
import { alwaysKeptFiles, archivedPath } from './archive-configuration-files.ts';
import { planCloneSlot } from './clone-slot.ts';
import { abandonClone, type CloneRequest, cloneSteps } from './clone-standby.ts';
import { exchangeDirectories, proveCopy } from './exchange-directories.ts';
import type { ConnectedNode } from './follow-upstream.ts';
import { guardDirectories } from './guard-directories.ts';
import { beginCopy, type CopyJournal } from './journal/copy-journal.ts';
import type { CopyContent, JournalEntry } from './journal/entry.ts';
import { reopen } from './journal/operation-journal.ts';
import { discardOld, settleCopy } from './journal/settle-copy.ts';
import { type KeptWal, keepDivergedWal } from './keep-diverged-wal.ts';
import type { OperationContext } from './operation-context.ts';
import { besideObstacles, planClonePlace } from './place-clone.ts';
import { recordEvent } from './record-event.ts';
import { archiveOfHalfRewound } from './rewind-marker.ts';
import { runPlan } from './run-plan.ts';
import { slotSetting } from './slot-setting.ts';
import { timestampForName } from './state-directory.ts';

export interface RecloneOptions {
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  /** Of {@link chooseRejoinMethod}: where both are given, WAL that only this node has is kept. */
  readonly evidence?: RejoinEvidence;
  readonly verdict?: RejoinVerdict;
  readonly onProgress?: (progress: BackupProgress) => void;
}

export interface RecloneResult {
  readonly divergedBytes: bigint | null;
  readonly divergedCommits: number;
  readonly divergedDirectory: string | null;
  readonly durationMs: number;
}

/**
 * Replaces the local node by a new copy of the primary. The copy is made beside the data directory while that
 * stays as it is; it is exchanged by renaming, and the old directory goes only when the new one streams. If it
 * does not, the old one is put back. Records the event `repmgrd_reclone`.
 * @throws OperationFailed, PreflightFailed; the old data directory is in its place then.
 */
export async function recloneNode(
  context: OperationContext,
  options: RecloneOptions,
): Promise<RecloneResult> {
  const { clock } = context.adapters;
  const startedMs = clock.monotonicMs();
  try {
    const kept = await replaceByCopy(context, options);
    const result = {
      divergedBytes: kept === undefined ? 0n : kept.bytes,
      divergedCommits: kept?.commits ?? 0,
      divergedDirectory: kept?.directory ?? null,
      durationMs: clock.monotonicMs() - startedMs,
    };
    await recordReclone(context, options, { successful: true, details: detailsOf(options, result) });
    return result;
  } catch (error) {
    const details = error instanceof Error ? error.message : String(error);
    await recordReclone(context, options, { successful: false, details });
    throw error;
  }
}

async function replaceByCopy(
  context: OperationContext,
  options: RecloneOptions,
): Promise<KeptWal | undefined> {
  await refuseObstacles(context, options);
  const formerWalDirectory = await context.adapters.files.linkTarget(
    `${options.localServer.dataDirectory}/pg_wal`,
  );
  const request = await requestOf(context, options, formerWalDirectory);
  const journal = await beginCopy(context, { operation: 'reclone', ...request, formerWalDirectory });
  const archive = await archiveOfHalfRewound(context);
  let kept: KeptWal | undefined;
  try {
    await runPlan(context, cloneSteps(context, request, journal), { dryRun: false });
    kept = await keepWal(context, options);
    await exchangeDirectories(context, { ...options, place: request.place, journal });
  } catch (error) {
    const { stage } = journal.entry;
    if (stage === 'copying' || stage === 'copied') await abandonClone(context, request, journal);
    else await settleCopy(context, journal.entry);
    throw error;
  }
  await removeOld(context, journal);
  if (archive !== undefined) await context.adapters.files.removeTree(archive);
  return kept;
}

export interface FinishOptions {
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  /** Of {@link settleJournal}: the copy is in its place, and nobody knows yet whether it is any good. */
  readonly unproven: JournalEntry<CopyContent>;
}

/**
 * Ends a re-clone that was killed after the exchange of directories: the copy is started and proves good, or the old
 * directory is put back.
 * @throws OperationFailed; the old data directory is in its place then.
 */
export async function finishReclone(context: OperationContext, options: FinishOptions): Promise<void> {
  const { primary, localServer, unproven } = options;
  const journal = reopen(context, unproven);
  try {
    await proveCopy(context, { primary, localServer, journal, wasRunning: false });
  } catch (error) {
    const details = error instanceof Error ? error.message : String(error);
    await settleCopy(context, journal.entry);
    await recordReclone(context, options, { successful: false, details });
    throw error;
  }
  await removeOld(context, journal);
  const details = `the copy of ${describeNode(primary.node)} that an interrupted re-clone had put in its place streams`;
  await recordReclone(context, options, { successful: true, details });
}

async function refuseObstacles(context: OperationContext, options: RecloneOptions): Promise<void> {
  const { inspector } = context.adapters;
  const { primary, localServer } = options;
  const [dataBytes, tablespaces] = await Promise.all([
    inspector.totalDataBytes(primary.connection),
    inspector.tablespaceLocations(primary.connection),
  ]);
  const problems = [...(await besideObstacles(context, localServer.dataDirectory, dataBytes))];
  if (tablespaces.length > 0) {
    problems.push('the primary has tablespaces, whose places on this host are taken by the present ones');
  }
  if (problems.length === 0) return;
  throw new OperationFailed('this node can not be cloned anew beside its data directory', {
    exit: 'REJOIN_FAIL',
    detail: problems.join('; '),
    hint: 'clone it with "repmgr standby clone" after making room',
  });
}

async function requestOf(
  context: OperationContext,
  options: RecloneOptions,
  formerWalDirectory: string | undefined,
): Promise<CloneRequest> {
  const { adapters, settings } = context;
  const { primary, localServer, onProgress } = options;
  const { node, connection } = primary;
  const stamp = timestampForName(adapters.clock.wallTime());
  const walDirectory =
    formerWalDirectory === undefined
      ? null
      : `${formerWalDirectory.replace(/\.reclone-\d{8}T\d{6}Z$/, '')}.reclone-${stamp}`;
  const usesSlot = usesReplicationSlots(slotSetting(settings), connection.serverVersionNum);
  const slotName = usesSlot ? slotNameFor(settings.settings.node_id as NodeId) : null;
  const roles = { recordedUser: node.replicationUser };
  return {
    place: planClonePlace(context, {
      target: localServer.dataDirectory,
      kind: 'replace',
      purpose: 'reclone',
    }),
    target: localServer.dataDirectory,
    slot:
      slotName === null
        ? null
        : planCloneSlot(context, { slotName, source: connection, roles, upstream: node }),
    guarded: await guardDirectories(adapters.files, walDirectory === null ? [] : [walDirectory]),
    basebackup: {
      conninfo: parseConninfo(node.conninfo),
      host: null,
      port: null,
      user: node.replicationUser === '' ? null : node.replicationUser,
      fastCheckpoint: true,
      tablespaceMappings: [],
      slotName,
      options: withWalDirectory(
        parseBasebackupOptions(settings.settings.pg_basebackup_options),
        walDirectory,
      ),
    },
    verify: false,
    replication: { upstream: node, slotName },
    addFiles: (directory) => takeConfigurationOver(context, localServer.dataDirectory, directory),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}

/**
 * The primary's configuration files came with the copy; port and paths of this node are in its own. Those of a
 * half-rewound directory may be the primary's too: what was set aside before the rewind counts.
 */
async function takeConfigurationOver(context: OperationContext, from: string, to: string): Promise<void> {
  const { files } = context.adapters;
  const archive = await archiveOfHalfRewound(context);
  for (const name of alwaysKeptFiles) {
    const archived = archive === undefined ? undefined : archivedPath(archive, name);
    const own = archived !== undefined && (await files.exists(archived)) ? archived : `${from}/${name}`;
    if (await files.exists(own)) await files.copyFileDurably(own, `${to}/${name}`);
  }
}

async function keepWal(
  context: OperationContext,
  { evidence, verdict, localServer, primary }: RecloneOptions,
): Promise<KeptWal | undefined> {
  const fork = verdict?.fork ?? null;
  if (evidence === undefined || fork === null) return undefined;
  return keepDivergedWal(context, { local: evidence.local, fork, localServer, primary: primary.node });
}

/** The node works by now: what can't be removed is tried again with the next operation. */
async function removeOld(context: OperationContext, journal: CopyJournal): Promise<void> {
  if ((await discardOld(context, journal)) !== 'left') return;
  context.log.warning(`the old data directory is still in "${journal.entry.asideDirectory}"`, {
    hint: 'repmgrd tries to remove it when it starts; the node works without it',
  });
}

function detailsOf({ primary }: RecloneOptions, result: RecloneResult): string {
  const { divergedBytes, divergedCommits, divergedDirectory, durationMs } = result;
  const seconds = (durationMs / 1_000).toFixed(1);
  const done = `cloned anew from ${describeNode(primary.node)} in ${seconds} s`;
  if (divergedDirectory === null) return done;
  return `${done}; ${divergedBytes ?? 'an unknown number of'} bytes of WAL with ${divergedCommits} committed transaction(s) are no longer part of this node and kept in "${divergedDirectory}"`;
}

async function recordReclone(
  context: OperationContext,
  { primary }: Pick<RecloneOptions, 'primary'>,
  event: { readonly successful: boolean; readonly details: string },
): Promise<void> {
  const nodeId = context.settings.settings.node_id;
  await recordEvent(context, { nodeId, event: 'repmgrd_reclone', ...event }, primary.connection);
}
