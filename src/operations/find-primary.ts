import { Cancelled } from '../domain/errors/repmgr-error.ts';
import type { NodeRecord } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';

export interface FoundPrimary {
  readonly node: NodeRecord;
  /** Open; belongs to the caller, who closes it. */
  readonly connection: Connection;
}

/**
 * Looks for the node that is really out of recovery, by what the connected database knows of the cluster.
 * All nodes are asked at the same time; the one recorded as primary is preferred. Undefined when none answers
 * as a primary.
 * @throws QueryFailed when the nodes can't be read.
 */
export async function findPrimary(
  context: Pick<OperationContext, 'adapters' | 'log' | 'signal'>,
  metadata: Connection,
  options: { readonly connectTimeoutMs?: number } = {},
): Promise<FoundPrimary | undefined> {
  const nodes = await context.adapters.metadata.nodes(metadata);
  const candidates = nodes.filter((node) => node.active && node.type !== 'witness').toSorted(byLikelihood);
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  const answers = candidates.map((node) => openIfPrimary(context, node, { ...options, signal }));
  for (const [index, answer] of answers.entries()) {
    const connection = await answer;
    const node = candidates[index];
    if (connection === undefined || node === undefined) continue;
    closing.abort();
    for (const other of answers.slice(index + 1)) void other.then((spare) => spare?.destroy());
    return { node, connection };
  }
  if (context.signal.aborted) throw new Cancelled('the search for the primary was cancelled');
  return undefined;
}

function byLikelihood(a: NodeRecord, b: NodeRecord): number {
  const byType = Number(b.type === 'primary') - Number(a.type === 'primary');
  return byType || b.priority - a.priority || a.nodeId - b.nodeId;
}

/** Undefined for a node that can't be reached or is in recovery. */
async function openIfPrimary(
  { adapters, log }: Pick<OperationContext, 'adapters' | 'log'>,
  node: NodeRecord,
  options: { readonly connectTimeoutMs?: number; readonly signal: AbortSignal },
): Promise<Connection | undefined> {
  const { connectTimeoutMs, signal } = options;
  let connection: Connection | undefined;
  try {
    connection = await adapters.connections.connect(node.conninfo, {
      signal,
      ...(connectTimeoutMs === undefined ? {} : { timeoutMs: connectTimeoutMs }),
    });
    if ((await adapters.inspector.recoveryState(connection)) === 'primary') return connection;
    await connection.close();
  } catch (error) {
    connection?.destroy();
    const reason = error instanceof Error ? error.message : String(error);
    log.debug(`node "${node.nodeName}" (ID: ${node.nodeId}) was not found to be the primary: ${reason}`);
  }
  return undefined;
}
