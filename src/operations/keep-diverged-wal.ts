import type { ForkPoint } from '../decisions/attach/find-fork-point.ts';
import type { RejoinEvidence } from '../decisions/rejoin/choose-rejoin-method.ts';
import {
  describeStretch,
  divergedStretches,
  holdsDivergedWal,
  stretchBytes,
  type WalStretch,
} from '../decisions/rejoin/diverged-wal.ts';
import { renderWalSummary } from '../decisions/rejoin/render-wal-summary.ts';
import { describeNode, type NodeRecord } from '../domain/node.ts';
import type { LocalServer } from '../ports/local-server.ts';
import type { OperationContext } from './operation-context.ts';
import { pruneDivergedWal } from './prune-diverged-wal.ts';
import { stateDirectory, timestampForName } from './state-directory.ts';
import { summarizeWal } from './summarize-wal.ts';

export interface KeptWal {
  /** Null when the end of the WAL is unknown. */
  readonly bytes: bigint | null;
  readonly commits: number;
  /** Folder with the WAL and summary.txt. */
  readonly directory: string;
}

export interface KeepRequest {
  readonly local: RejoinEvidence['local'];
  readonly fork: ForkPoint;
  readonly localServer: LocalServer;
  readonly primary: NodeRecord;
}

/**
 * Copies the WAL that only this node has to `<state>/diverged/<timestamp>` before it is rewound, and tells in
 * summary.txt what is in it. Undefined when there is nothing past the fork. Where room is lacking the summary
 * is written all the same.
 */
export async function keepDivergedWal(
  context: OperationContext,
  request: KeepRequest,
): Promise<KeptWal | undefined> {
  const { adapters, settings, log } = context;
  const stretches = divergedStretches(request.local, request.fork);
  if (stretches.length === 0) return undefined;
  const root = `${stateDirectory(settings.settings)}/diverged`;
  await pruneDivergedWal(context, root);
  const now = adapters.clock.wallTime();
  const directory = `${root}/${timestampForName(now)}`;
  await adapters.files.makeDirectory(stateDirectory(settings.settings));
  await adapters.files.makeDirectory(root);
  await adapters.files.makeDirectory(directory);
  const filesWereKept = await copyFiles(context, { ...request, stretches, directory });
  const walDirectory = filesWereKept ? directory : `${request.localServer.dataDirectory}/pg_wal`;
  const summary = await summarizeWal(context, walDirectory, stretches);
  const bytes = stretchBytes(stretches);
  const text = renderWalSummary({
    nodeText: describeNode(ownName(context)),
    primaryText: describeNode(request.primary),
    keptAt: now.toISOString(),
    directory,
    filesWereKept,
    stretches,
    bytes,
    summary,
  });
  await adapters.files.writeDurably(`${directory}/summary.txt`, text);
  log.notice(
    `this node holds ${bytes ?? 'an unknown number of'} bytes of WAL with ${summary.commitCount} committed transaction(s) that the primary does not have`,
    { detail: `${stretches.map(describeStretch).join(', ')}; kept in "${directory}"` },
  );
  return { bytes, commits: summary.commitCount, directory };
}

function ownName({ settings }: OperationContext): Pick<NodeRecord, 'nodeId' | 'nodeName'> {
  const { node_id: nodeId, node_name: nodeName } = settings.settings;
  return { nodeId: nodeId as NodeRecord['nodeId'], nodeName };
}

/** False, with a warning, when there is no room for the copies. */
async function copyFiles(
  { adapters, log }: OperationContext,
  request: KeepRequest & { readonly stretches: readonly WalStretch[]; readonly directory: string },
): Promise<boolean> {
  const { localServer, stretches, directory } = request;
  const walDirectory = `${localServer.dataDirectory}/pg_wal`;
  const { walSegmentSizeBytes } = await localServer.controlData();
  const names = ((await adapters.files.list(walDirectory)) ?? []).filter((name) =>
    holdsDivergedWal(name, stretches, walSegmentSizeBytes),
  );
  const neededBytes = names.length * walSegmentSizeBytes;
  const freeBytes = await adapters.files.freeBytes(directory);
  if (freeBytes < neededBytes) {
    log.warning(`there is no room in "${directory}" to keep ${names.length} WAL file(s) of this node`, {
      detail: `${neededBytes} bytes are needed, ${freeBytes} are free`,
      hint: 'set state_directory in repmgr.conf to a larger file system',
    });
    return false;
  }
  for (const name of names) {
    await adapters.files.copyFileDurably(`${walDirectory}/${name}`, `${directory}/${name}`);
  }
  return true;
}
