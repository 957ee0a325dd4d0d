import type { LocalPosition, UpstreamPosition } from '../decisions/attach/can-attach.ts';
import type { ExitName } from '../domain/errors/exit-codes.ts';
import { ConnectionFailed } from '../domain/errors/repmgr-error.ts';
import { type Lsn, maxLsn } from '../domain/lsn.ts';
import { describeNode, type NodeRecord } from '../domain/node.ts';
import type { TimelineId, TimelineSwitch } from '../domain/timeline.ts';
import { parseTimelineHistory, timelineHistoryFileName } from '../domain/timeline-history.ts';
import type { Connection } from '../ports/connection.ts';
import type { LocalServer } from '../ports/local-server.ts';
import type { WalPositions } from '../ports/server-inspector.ts';
import type { ConnectedNode } from './follow-upstream.ts';
import type { OperationContext } from './operation-context.ts';

type ObservingContext = Pick<OperationContext, 'adapters' | 'signal'>;

/** Newest WAL of a running server: insert position of a primary, else the greater of received and replayed. */
function newestLsn(positions: WalPositions): Lsn | null {
  if (positions.recoveryState === 'primary') return positions.insertLsn;
  const { receivedLsn, replayedLsn } = positions;
  if (receivedLsn === null || replayedLsn === null) return receivedLsn ?? replayedLsn;
  return maxLsn(receivedLsn, replayedLsn);
}

/**
 * Identity, timeline, history and WAL position of the server to attach to.
 * @throws ConnectionFailed when it takes no replication connection as its registered replication role; its exit
 * status is `exit` where that is given.
 */
export async function observeUpstream(
  context: ObservingContext,
  { node, connection }: ConnectedNode,
  exit: ExitName = 'DB_CONN',
): Promise<UpstreamPosition> {
  const { adapters } = context;
  const replication = await connectForReplication(context, node, exit);
  try {
    const { systemIdentifier, timeline } = await adapters.inspector.identifySystem(replication);
    const history = await adapters.inspector.timelineHistory(replication, timeline);
    const lsn = newestLsn(await adapters.inspector.walPositions(connection));
    return { systemIdentifier, timeline, lsn, history };
  } finally {
    await replication.close();
  }
}

async function connectForReplication(
  { adapters, signal }: ObservingContext,
  node: NodeRecord,
  exit: ExitName,
): Promise<Connection> {
  try {
    return await adapters.connections.connect(node.conninfo, {
      replication: true,
      signal,
      ...(node.replicationUser === '' ? {} : { user: node.replicationUser }),
    });
  } catch (error) {
    if (!(error instanceof ConnectionFailed)) throw error;
    throw new ConnectionFailed(`${describeNode(node)} takes no replication connection from this node`, {
      exit,
      detail: error.message,
      hint: `check the "replication" entries of pg_hba.conf there, for role "${node.replicationUser}"`,
      cause: error,
    });
  }
}

/** Position of a running standby; `replicationUser` is the role that its own record names. */
export async function observeRunningStandby(
  context: ObservingContext,
  options: { readonly connection: Connection; readonly localServer: LocalServer; readonly node: NodeRecord },
): Promise<LocalPosition> {
  const { adapters, signal } = context;
  const { connection, localServer, node } = options;
  const [control, positions] = await Promise.all([
    localServer.controlData(),
    adapters.inspector.walPositions(connection),
  ]);
  const replication = await adapters.connections.connect(connection.parameters, {
    replication: true,
    signal,
    ...(node.replicationUser === '' ? {} : { user: node.replicationUser }),
  });
  try {
    const { timeline } = await adapters.inspector.identifySystem(replication);
    const history = await adapters.inspector.timelineHistory(replication, timeline);
    return { systemIdentifier: control.systemIdentifier, timeline, lsn: newestLsn(positions), history };
  } finally {
    await replication.close();
  }
}

/**
 * Position of a stopped server: the end of the valid WAL on its disk, which may be past what the control file
 * knows after a crash, and past what was replayed on a standby. Without it, the control file's position of a
 * cleanly stopped server; null when neither is certain.
 */
export async function observeStoppedServer(
  { adapters }: ObservingContext,
  localServer: LocalServer,
): Promise<LocalPosition> {
  const control = await localServer.controlData();
  const isClean = control.state === 'shut down' || control.state === 'shut down in recovery';
  const end = await localServer.endOfWal();
  const wasStandby = control.minRecoveryEndLsn !== 0n;
  const controlTimeline = wasStandby ? control.minRecoveryEndTimeline : control.checkpointTimeline;
  const controlLsn = wasStandby ? control.minRecoveryEndLsn : control.checkpointLsn;
  const timeline = end?.timeline ?? controlTimeline;
  return {
    systemIdentifier: control.systemIdentifier,
    timeline,
    lsn: end === undefined ? (isClean ? controlLsn : null) : maxLsn(end.lsn, controlLsn),
    history: await readHistory(adapters.files, localServer.dataDirectory, timeline),
  };
}

/** History of a timeline from pg_wal; null when the file is missing or damaged. */
async function readHistory(
  files: OperationContext['adapters']['files'],
  dataDirectory: string,
  timeline: TimelineId,
): Promise<readonly TimelineSwitch[] | null> {
  if (timeline === 1) return [];
  const text = await files.readText(`${dataDirectory}/pg_wal/${timelineHistoryFileName(timeline)}`);
  return text === undefined ? null : (parseTimelineHistory(text) ?? null);
}
