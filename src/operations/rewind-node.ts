import type { RejoinEvidence, RejoinVerdict } from '../decisions/rejoin/choose-rejoin-method.ts';
import { Cancelled, LocalCommandFailed, OperationFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode } from '../domain/node.ts';
import type { LocalServer } from '../ports/local-server.ts';
import type { RewindOutcome } from '../ports/rewind.ts';
import {
  archiveConfigurationFiles,
  type ConfigurationArchive,
  restoreConfigurationFiles,
} from './archive-configuration-files.ts';
import { checkpointPrimary } from './checkpoint-primary.ts';
import type { ConnectedNode } from './follow-upstream.ts';
import { endOrphans } from './journal/end-orphans.ts';
import type { OwnerProcess } from './journal/entry.ts';
import { isAtWork } from './journal/operation-journal.ts';
import { type KeptWal, keepDivergedWal } from './keep-diverged-wal.ts';
import type { OperationContext } from './operation-context.ts';
import { programPath } from './program-path.ts';
import { clearRewindMarker, rewindOwner, rewoundFacts, setRewindMarker } from './rewind-marker.ts';

export interface RewindOptions {
  /** pg_rewind to use instead of the one in pg_bindir. */
  readonly program?: string;
  /** Further configuration files to keep, relative to the data directory. */
  readonly configFiles: readonly string[];
  readonly archiveRoot: string;
  /** Told how far pg_rewind is, and when it has ended. */
  readonly progress?: {
    update(progress: { readonly copiedBytes: number; readonly totalBytes: number }): void;
    finish(): void;
  };
}

export interface RewindNodeRequest {
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  readonly evidence: RejoinEvidence;
  readonly verdict: RejoinVerdict;
  readonly options: RewindOptions;
}

/**
 * Rewinds the stopped local node to a state from which it can follow the primary. What it would throw away is
 * set aside first. Returns what was kept; undefined when nothing had diverged.
 * @throws OperationFailed (REJOIN_FAIL). Cancelled only at points where nothing is half-done.
 */
export async function rewindNode(
  context: OperationContext,
  request: RewindNodeRequest,
): Promise<KeptWal | undefined> {
  const { localServer, primary, evidence, verdict, options } = request;
  if (!(await checkpointPrimary(context, primary, evidence.primary.timeline))) {
    throw noCheckpoint(primary);
  }
  const kept =
    verdict.fork === null
      ? undefined
      : await keepDivergedWal(context, {
          local: evidence.local,
          fork: verdict.fork,
          localServer,
          primary: primary.node,
        });
  const { dataDirectory } = localServer;
  const archive = await archiveConfigurationFiles(context, {
    dataDirectory,
    archiveRoot: options.archiveRoot,
    names: options.configFiles,
  });
  throwIfAborted(context);
  await rewindUnderMarker(context, request, archive);
  await finishRewind(context, { dataDirectory, archive });
  throwIfAborted(context);
  return kept;
}

/** After pg_rewind: the node's own configuration comes back. Each step may be repeated; the marker goes last. */
async function finishRewind(
  context: OperationContext,
  {
    dataDirectory,
    archive,
  }: { dataDirectory: string; archive: Pick<ConfigurationArchive, 'directory' | 'names'> },
): Promise<void> {
  await restoreConfigurationFiles(context, { ...archive, dataDirectory });
  await removeCopiedState(context, dataDirectory);
  await clearRewindMarker(context);
  await context.adapters.files.removeTree(archive.directory);
}

/**
 * Ends a rewind whose process was killed: where pg_rewind had done its work, what comes after it is done now; where it
 * had not, it is made sure that it goes on no longer.
 * @throws OperationFailed while another process is at it.
 */
export async function resumeRewind(context: OperationContext, localServer: LocalServer): Promise<void> {
  const owner = await rewindOwner(context);
  if (owner !== undefined) {
    await refuseWhileAtWork(context, owner);
    await endOrphans(context, localServer.dataDirectory);
  }
  const facts = await rewoundFacts(context);
  if (facts === undefined || (await localServer.processState()).kind === 'running') return;
  context.log.notice('pg_rewind had ended when its repmgr was killed: finishing what comes after it');
  const archive = { directory: facts.archiveDirectory, names: facts.archivedNames };
  await finishRewind(context, { dataDirectory: localServer.dataDirectory, archive });
}

async function refuseWhileAtWork(context: OperationContext, owner: OwnerProcess): Promise<void> {
  if (!(await isAtWork(context, owner))) return;
  throw new OperationFailed(`another process (PID: ${owner.pid}) is rewinding this node just now`, {
    exit: 'REJOIN_FAIL',
    hint: 'wait until it has ended, or end it, then try again',
  });
}

async function rewindUnderMarker(
  context: OperationContext,
  request: RewindNodeRequest,
  archive: ConfigurationArchive,
): Promise<void> {
  const { localServer, primary, evidence } = request;
  const facts = {
    primaryNodeId: primary.node.nodeId,
    archiveDirectory: archive.directory,
    archivedNames: archive.names,
  };
  await setRewindMarker(context, { stage: 'rewinding', ...facts });
  // pg_rewind recovers an uncleanly stopped server in single-user mode, which refuses standby.signal.
  await localServer.removeRecycledPidFile();
  const hidesSignal = !evidence.local.isCleanlyShutDown && (await localServer.hasStandbySignal());
  if (hidesSignal) await localServer.removeStandbySignal();
  let outcome: RewindOutcome;
  try {
    outcome = await runRewind(context, request);
  } finally {
    if (hidesSignal) await localServer.writeStandbySignal();
  }
  if (outcome.kind === 'completed') {
    await setRewindMarker(context, { stage: 'rewound', ...facts });
    const { durationMs, wasNeeded } = outcome;
    context.log.info(
      wasNeeded
        ? `pg_rewind done in ${(durationMs / 1_000).toFixed(1)} s`
        : 'pg_rewind found nothing to rewind',
    );
    return;
  }
  if (!outcome.mayHaveChangedFiles) {
    await clearRewindMarker(context);
    await archive.discard();
    throwIfAborted(context);
  }
  throw rewindFailed(context, outcome, archive.directory);
}

async function runRewind(context: OperationContext, request: RewindNodeRequest): Promise<RewindOutcome> {
  const { adapters, settings, log, signal } = context;
  const { localServer, primary, evidence, options } = request;
  log.notice(`running pg_rewind to follow ${describeNode(primary.node)}`);
  const hasArchive = (await localServer.autoConfValue('restore_command')) !== undefined;
  try {
    return await adapters.rewind.rewind({
      program: options.program ?? programPath(settings.settings, 'pg_rewind'),
      dataDirectory: localServer.dataDirectory,
      sourceConninfo: primary.node.conninfo,
      restoreTargetWal: hasArchive && evidence.local.majorVersion >= 13,
      signal,
      onProgress: (progress) => options.progress?.update(progress),
    });
  } catch (error) {
    if (!(error instanceof LocalCommandFailed)) throw error;
    // The program is not there, so it has changed nothing.
    return { kind: 'failed', mayHaveChangedFiles: false, output: [error.message, error.hint].join('\n') };
  } finally {
    options.progress?.finish();
  }
}

/** Slots and leftovers of the primary that must not live on here. */
async function removeCopiedState({ adapters }: OperationContext, dataDirectory: string): Promise<void> {
  const { files } = adapters;
  await files.removeFile(`${dataDirectory}/recovery.done`);
  for (const name of (await files.list(`${dataDirectory}/pg_replslot`)) ?? []) {
    await files.removeTree(`${dataDirectory}/pg_replslot/${name}`);
  }
}

function throwIfAborted({ signal }: OperationContext): void {
  if (signal.aborted) throw new Cancelled('the rejoin was cancelled; the server was not started');
}

function noCheckpoint({ node }: ConnectedNode): OperationFailed {
  return new OperationFailed(`${describeNode(node)} has made no checkpoint since its promotion`, {
    exit: 'REJOIN_FAIL',
    detail: 'before its first checkpoint pg_rewind can not see that the node has diverged',
    hint: `run CHECKPOINT on that node as a superuser, then try again`,
  });
}

function rewindFailed(
  { settings }: OperationContext,
  outcome: Extract<RewindOutcome, { kind: 'failed' }>,
  archiveDirectory: string,
): OperationFailed {
  const { data_directory: dataDirectory, node_name: nodeName } = settings.settings;
  return new OperationFailed(`pg_rewind failed on node "${nodeName}"`, {
    exit: 'REJOIN_FAIL',
    detail: outcome.output,
    hint: outcome.mayHaveChangedFiles
      ? `"${dataDirectory}" is inconsistent now: do not start it, replace it with "repmgr standby clone --force" (configuration files are in "${archiveDirectory}")`
      : 'nothing was changed; solve the problem above and try again, or use "repmgr standby clone --force"',
    facts: { dataDirectory, filesChanged: outcome.mayHaveChangedFiles },
  });
}
