import type { NodeId, NodeRecord } from '../../domain/node.ts';
import type { Connection } from '../../ports/connection.ts';
import type { OperationContext } from '../operation-context.ts';
import { withConnection } from '../with-connection.ts';
import { isCopy, isFollow, type JournalEntry } from './entry.ts';
import { readEntries, reopen } from './operation-journal.ts';
import { discardOld } from './settle-copy.ts';
import { settleFollows } from './settle-follows.ts';

export interface OpenBusiness {
  /** How many entries are still open. */
  readonly count: number;
  /** This node streams from nobody, and its new configuration may have been written and never read. */
  readonly mayNeedReload: boolean;
}

const nothing: OpenBusiness = { count: 0, mayNeedReload: false };

export interface SettleScope {
  /** False for a process that may be at an operation of its own at the same time. */
  readonly includesOwn: boolean;
}

/** For a standby that runs: does what killed operations left to be done once it streams. */
export async function settleWhileRunning(
  context: OperationContext,
  local: Connection,
  scope: SettleScope,
): Promise<OpenBusiness> {
  const waiting = await findWaiting(context, scope);
  if (waiting.length === 0) return nothing;
  const { adapters, settings } = context;
  const nodes = await adapters.metadata.nodes(local);
  const own = nodes.find(({ nodeId }) => nodeId === settings.settings.node_id);
  if (own === undefined) return { count: waiting.length, mayNeedReload: false };
  const streamsFrom = await findUpstream(context, own, candidates(waiting, nodes, own));
  if (streamsFrom === undefined) return { count: waiting.length, mayNeedReload: waiting.some(isFollow) };
  for (const entry of waiting.filter(isCopy)) {
    const open = reopen(context, entry);
    await open.record({ stage: 'proven' });
    await discardOld(context, open);
  }
  await settleFollows(context, waiting.filter(isFollow), { own, streamsFrom, nodes: local });
  return { count: (await findWaiting(context, scope)).length, mayNeedReload: false };
}

async function findWaiting(context: OperationContext, scope: SettleScope): Promise<readonly JournalEntry[]> {
  return (await findAbandoned(context, scope)).filter(awaitsStreaming);
}

async function findAbandoned(
  context: OperationContext,
  { includesOwn }: SettleScope,
): Promise<readonly JournalEntry[]> {
  const { abandoned } = await readEntries(context);
  return abandoned.filter(({ owner }) => includesOwn || owner.pid !== process.pid);
}

/** Promotions that were killed: the daemon writes the metadata of whatever primary there is. */
export async function closePromotions(context: OperationContext, scope: SettleScope): Promise<void> {
  const abandoned = await findAbandoned(context, scope);
  const promotions = abandoned.filter(({ operation }) => operation === 'promote');
  for (const entry of promotions) await reopen(context, entry).close();
}

function awaitsStreaming(entry: JournalEntry): boolean {
  return isFollow(entry) || entry.stage === 'exchanged' || entry.stage === 'proven';
}

function candidates(
  waiting: readonly JournalEntry[],
  nodes: readonly NodeRecord[],
  own: NodeRecord,
): readonly NodeRecord[] {
  const named = waiting.filter(isFollow).map(({ to }) => to);
  const primary = nodes.find(({ type, active }) => type === 'primary' && active)?.nodeId;
  const ids = new Set<NodeId | null | undefined>([...named, own.upstreamNodeId, primary]);
  return nodes.filter(({ nodeId }) => ids.has(nodeId) && nodeId !== own.nodeId);
}

async function findUpstream(
  { adapters, log, signal }: OperationContext,
  own: NodeRecord,
  nodes: readonly NodeRecord[],
): Promise<NodeId | undefined> {
  for (const node of nodes) {
    try {
      const state = await withConnection(
        () => adapters.connections.connect(node.conninfo, { signal }),
        (connection) => adapters.inspector.attachmentOf(connection, own.nodeName),
      );
      if (state === 'attached') return node.nodeId;
    } catch (error) {
      log.debug(`node ${node.nodeId} does not tell who streams from it`, {
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return undefined;
}
