import type { ObservedNode } from '../decisions/cluster-view/observed-node.ts';
import { Cancelled, ConnectionFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeRecord } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { WalPositions } from '../ports/server-inspector.ts';
import type { OperationContext } from './operation-context.ts';

type ObserveContext = Pick<OperationContext, 'adapters' | 'log' | 'signal'>;

/** Limit over everything that is asked of all nodes. */
const deadlineMs = 10_000;
const pingTimeoutMs = 1_000;
/**
 * When all others have answered, a silent node gets this much longer, or four times what the slowest of them took:
 * a status is wanted at once, above all while a host is dead.
 */
const stragglerMs = 600;
const stragglerFactor = 4;

interface OpenedNode {
  readonly node: NodeRecord;
  readonly connection: Connection | undefined;
  readonly access: ObservedNode['access'];
  readonly failure: string | null;
}

/** Connects to all nodes at the same time and looks at each; takes as long as the slowest, or the deadline. */
export async function observeNodes(
  context: ObserveContext,
  nodes: readonly NodeRecord[],
): Promise<ObservedNode[]> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const limited = { ...context, signal: AbortSignal.any([context.signal, deadline]) };
  const opened = await openAll(limited, nodes);
  const closeAll = (): void => {
    for (const { connection } of opened) connection?.destroy();
  };
  limited.signal.addEventListener('abort', closeAll, { once: true });
  try {
    const observed = await Promise.all(opened.map((one) => observeNode(limited, one, opened)));
    if (context.signal.aborted) throw new Cancelled('interrupted while looking at the nodes');
    return observed;
  } finally {
    limited.signal.removeEventListener('abort', closeAll);
    await Promise.all(
      opened.flatMap(({ connection }) => (connection === undefined ? [] : [connection.close()])),
    );
  }
}

async function openAll(context: ObserveContext, nodes: readonly NodeRecord[]): Promise<OpenedNode[]> {
  const { clock } = context.adapters;
  const startedMs = clock.monotonicMs();
  const patience = new AbortController();
  const limited = { ...context, signal: AbortSignal.any([context.signal, patience.signal]) };
  let open = 0;
  let missing = nodes.length;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.all(
      nodes.map(async (node) => {
        const opened = await openNode(limited, node);
        missing -= 1;
        if (opened.connection !== undefined) open += 1;
        if (open === 0 || missing === 0) return opened;
        const extraMs = Math.max(stragglerMs, stragglerFactor * (clock.monotonicMs() - startedMs));
        clearTimeout(timer);
        timer = setTimeout(() => patience.abort(), extraMs);
        return opened;
      }),
    );
  } finally {
    clearTimeout(timer);
  }
}

async function openNode({ adapters, signal }: ObserveContext, node: NodeRecord): Promise<OpenedNode> {
  try {
    const connection = await adapters.connections.connect(node.conninfo, { signal });
    return { node, connection, access: 'open', failure: null };
  } catch (error) {
    const isRejecting = await answers({ adapters, signal }, node, error);
    const failure =
      error instanceof Cancelled
        ? 'no answer in time'
        : error instanceof Error
          ? error.message
          : String(error);
    return { node, connection: undefined, access: isRejecting ? 'rejected' : 'unreachable', failure };
  }
}

/** Whether a server is there that takes connections, although it refused this one. */
async function answers(
  { adapters, signal }: Pick<ObserveContext, 'adapters' | 'signal'>,
  node: NodeRecord,
  error: unknown,
): Promise<boolean> {
  if (error instanceof ConnectionFailed && error.sqlState !== undefined) {
    // 57P03 is cannot_connect_now: starting up, shutting down or in recovery without hot standby.
    return error.sqlState !== '57P03';
  }
  if (!(error instanceof ConnectionFailed) || signal.aborted) return false;
  return (await adapters.connections.ping(node.conninfo, { timeoutMs: pingTimeoutMs, signal })) === 'ok';
}

async function observeNode(
  context: ObserveContext,
  { node, connection, access, failure }: OpenedNode,
  all: readonly OpenedNode[],
): Promise<ObservedNode> {
  if (connection === undefined) {
    return {
      node,
      access,
      failure,
      recoveryState: 'unknown',
      ownRecord: null,
      timeline: null,
      isReplayHeldUp: false,
      attachment: null,
    };
  }
  const { inspector, metadata } = context.adapters;
  const ask = <T>(what: string, question: Promise<T>): Promise<T | null> =>
    orNull(context, node, what, question);
  const [recoveryState, ownRecord, control, positions] = await Promise.all([
    ask('recovery state', inspector.recoveryState(connection)),
    ask('own record', metadata.node(connection, node.nodeId)),
    node.type === 'witness' ? null : ask('timeline', inspector.controlState(connection)),
    node.type === 'witness' ? null : ask('WAL positions', inspector.walPositions(connection)),
  ]);
  return {
    node,
    access,
    failure,
    recoveryState: recoveryState ?? 'unknown',
    ownRecord: ownRecord ?? null,
    timeline: control?.checkpointTimeline ?? null,
    isReplayHeldUp: positions !== null && isReplayHeldUp(positions),
    attachment: ownRecord?.type === 'standby' ? await attachmentOf(context, ownRecord, all) : null,
  };
}

/** Right after streaming began the received position is the start of a segment, before the replayed one. */
function isReplayHeldUp({ isReplayPaused, receivedLsn, replayedLsn }: WalPositions): boolean {
  return isReplayPaused && receivedLsn !== null && (replayedLsn === null || receivedLsn > replayedLsn);
}

async function attachmentOf(
  context: ObserveContext,
  standby: NodeRecord,
  all: readonly OpenedNode[],
): Promise<ObservedNode['attachment']> {
  const upstream = all.find(({ node }) => node.nodeId === standby.upstreamNodeId);
  if (upstream?.connection === undefined) return 'unknown';
  const question = context.adapters.inspector.attachmentOf(upstream.connection, standby.nodeName);
  return (await orNull(context, upstream.node, 'attached standbys', question)) ?? 'unknown';
}

/** One answer that fails must not hide the others. */
async function orNull<T>(
  { log }: Pick<ObserveContext, 'log'>,
  node: NodeRecord,
  what: string,
  question: Promise<T>,
): Promise<T | null> {
  try {
    return await question;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.debug(`node "${node.nodeName}" (ID: ${node.nodeId}) gave no answer on its ${what}: ${reason}`);
    return null;
  }
}
