import { parseBasebackupOptions, withWalDirectory } from '../decisions/clone/basebackup-options.ts';
import type { RejoinEvidence, RejoinVerdict } from '../decisions/rejoin/choose-rejoin-method.ts';
import { usesReplicationSlots } from '../decisions/slots/uses-replication-slots.ts';
import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, slotNameFor } from '../domain/node.ts';
import type { BackupProgress } from '../ports/backup-source.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { LocalServer } from '../ports/local-server.ts';
import { alwaysKeptFiles } from './archive-configuration-files.ts';
import { planCloneSlot } from './clone-slot.ts';
import { abandonClone, type CloneRequest, cloneSteps } from './clone-standby.ts';
import { exchangeDirectories } from './exchange-directories.ts';
import type { ConnectedNode } from './follow-upstream.ts';
import { guardDirectories } from './guard-directories.ts';
import { type KeptWal, keepDivergedWal } from './keep-diverged-wal.ts';
import type { OperationContext } from './operation-context.ts';
import { besideObstacles, planClonePlace } from './place-clone.ts';
import { recordEvent } from './record-event.ts';
import { clearRewindMarker } from './rewind-marker.ts';
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
  try {
    await runPlan(context, cloneSteps(context, request), { dryRun: false });
    const kept = await keepWal(context, options);
    await exchangeDirectories(context, { ...options, place: request.place });
    await discardOld(context, request, formerWalDirectory);
    return kept;
  } catch (error) {
    await abandonClone(context, request);
    throw error;
  }
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
    addFiles: (directory) => takeConfigurationOver(adapters.files, localServer.dataDirectory, directory),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}

/** The primary's configuration files came with the copy; port and paths of this node are in its own. */
async function takeConfigurationOver(files: FileSystem, from: string, to: string): Promise<void> {
  for (const name of alwaysKeptFiles) {
    if (await files.exists(`${from}/${name}`))
      await files.copyFileDurably(`${from}/${name}`, `${to}/${name}`);
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

async function discardOld(
  context: OperationContext,
  { place }: CloneRequest,
  formerWalDirectory: string | undefined,
): Promise<void> {
  await clearRewindMarker(context);
  try {
    await place.discardOld();
    if (formerWalDirectory !== undefined) await context.adapters.files.removeTree(formerWalDirectory);
  } catch (error) {
    context.log.warning(`the old data directory is still in "${place.asideDirectory}"`, {
      detail: error instanceof Error ? error.message : String(error),
      hint: 'remove it by hand: the node works without it',
    });
  }
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
  { primary }: RecloneOptions,
  event: { readonly successful: boolean; readonly details: string },
): Promise<void> {
  const nodeId = context.settings.settings.node_id;
  await recordEvent(context, { nodeId, event: 'repmgrd_reclone', ...event }, primary.connection);
}
