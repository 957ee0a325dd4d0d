import { describeNode, type NodeRecord } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';
import { dropSlot } from './replication-slots.ts';
import { waitUntil } from './wait-until.ts';

/** What became of the slot that a node no longer needs on its former upstream. */
export type FormerSlot = 'none' | 'kept' | 'dropped' | 'active' | 'unreachable';

/** The WAL sender of the abandoned stream takes a moment to notice and to release its slot. */
const releaseTimeoutMs = 2_000;

/** Drops the slot that `own` had on the upstream of its (old) record. Failing to is only a warning. */
export async function dropFormerSlot(
  context: OperationContext,
  options: {
    readonly own: NodeRecord;
    readonly target: { readonly node: NodeRecord };
    readonly primary: Connection;
  },
): Promise<FormerSlot> {
  const { own, target, primary } = options;
  const { slotName, upstreamNodeId } = own;
  if (slotName === null || upstreamNodeId === null) return 'none';
  if (upstreamNodeId === target.node.nodeId) return 'none';
  const former = await context.adapters.metadata.node(primary, upstreamNodeId);
  if (former === undefined || former.nodeId === own.nodeId) return 'none';
  try {
    const outcome = await dropOn(context, former, slotName);
    if (outcome === 'active') warn(context, former, { slotName, detail: 'it is still in use' });
    else
      context.log.info(
        `replication slot "${slotName}" on the former upstream ${describeNode(former)}: ${outcome}`,
      );
    return outcome === 'absent' ? 'none' : outcome;
  } catch (error) {
    warn(context, former, { slotName, detail: error instanceof Error ? error.message : String(error) });
    return 'unreachable';
  }
}

async function dropOn(
  context: OperationContext,
  former: NodeRecord,
  slotName: string,
): Promise<'dropped' | 'absent' | 'active'> {
  const { adapters, signal } = context;
  const connection = await adapters.connections.connect(former.conninfo, { signal });
  try {
    const roles = { recordedUser: former.replicationUser };
    const wait = { clock: adapters.clock, intervalMs: 100, timeoutMs: releaseTimeoutMs, signal };
    const outcome = await waitUntil(wait, async () => {
      const result = await dropSlot(context, { connection, roles }, slotName);
      return result === 'active' ? undefined : result;
    });
    return outcome ?? 'active';
  } finally {
    await connection.close();
  }
}

function warn(
  { log }: OperationContext,
  former: NodeRecord,
  { slotName, detail }: { readonly slotName: string; readonly detail: string },
): void {
  log.warning(
    `replication slot "${slotName}" on the former upstream ${describeNode(former)} was not dropped`,
    {
      detail,
      hint: `it keeps WAL; once that node is up, run there: SELECT pg_drop_replication_slot('${slotName}')`,
    },
  );
}
