import { describeConninfo } from '../domain/conninfo/render-conninfo.ts';
import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import { describeNode, type NodeRecord } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { MadeSlot } from './journal/entry.ts';
import type { OperationContext } from './operation-context.ts';
import { createSlot, dropSlot, type SlotRoles } from './replication-slots.ts';
import { waitUntil } from './wait-until.ts';
import { withLiveConnection } from './with-live-connection.ts';

export interface SlotRequest {
  readonly slotName: string;
  /** To the server that is copied. */
  readonly source: Connection;
  readonly roles: SlotRoles;
  /** Whom the clone will follow; null when it isn't registered. */
  readonly upstream: NodeRecord | null;
}

/** Called before a slot is created that was not there, with the server that it will be on. */
export type SlotNotice = (slot: MadeSlot) => Promise<void>;

/** The slot of a clone: it holds the WAL on the source during the copy, then belongs to the upstream. */
export interface CloneSlot {
  create(onCreating?: SlotNotice): Promise<void>;
  /** Sees to it that the slot is on the upstream, if that is another server than the source. */
  moveToUpstream(onCreating?: SlotNotice): Promise<void>;
  /** Drops the slots that were created; those that were there before stay. */
  release(): Promise<void>;
}

/** A WAL sender notices only after a moment that its pg_basebackup is gone. */
const releaseTimeoutMs = 5_000;

export function planCloneSlot(context: OperationContext, request: SlotRequest): CloneSlot {
  const { slotName, source, roles } = request;
  let isOurs = false;
  return {
    async create(onCreating) {
      try {
        await announce(context, { slotName, connection: source, roles, onCreating });
        isOurs = (await createSlot(context, { connection: source, roles }, slotName)) === 'created';
      } catch (error) {
        throw new OperationFailed(`replication slot "${slotName}" could not be created on the source`, {
          exit: 'DB_QUERY',
          detail: error instanceof Error ? error.message : String(error),
          hint: 'a slot that is in use belongs to a standby that runs under this node_id already',
          cause: error,
        });
      }
    },
    async moveToUpstream(onCreating) {
      if (await moveSlot(context, request, onCreating)) isOurs = false;
    },
    async release() {
      // The operation may have been cancelled; tidying up must not be.
      const tidying = { ...context, signal: AbortSignal.timeout(releaseTimeoutMs * 2) };
      if (!isOurs) return;
      isOurs = false;
      await withLiveConnection(tidying, source, (live) =>
        dropWhenReleased(tidying, { connection: live ?? source, roles }, slotName),
      );
    },
  };
}

interface Announcement {
  readonly slotName: string;
  readonly connection: Connection;
  readonly roles: SlotRoles;
  readonly onCreating: SlotNotice | undefined;
}

async function announce(
  { adapters }: OperationContext,
  { slotName, connection, roles, onCreating }: Announcement,
): Promise<void> {
  if (onCreating === undefined) return;
  const slots = await adapters.inspector.replicationSlots(connection);
  if (slots.some((slot) => slot.slotName === slotName)) return;
  await onCreating({
    name: slotName,
    conninfo: describeConninfo(connection.parameters),
    user: roles.superuser ?? roles.replicationUser ?? roles.recordedUser ?? null,
  });
}

/** Waits a moment for whoever still uses the slot. Failing to drop it is told as a warning. */
export async function dropWhenReleased(
  context: OperationContext,
  server: { readonly connection: Connection; readonly roles: SlotRoles },
  slotName: string,
): Promise<'gone' | 'in use' | 'failed'> {
  const { adapters, log, signal } = context;
  const wait = { clock: adapters.clock, intervalMs: 100, timeoutMs: releaseTimeoutMs, signal };
  const hint = `drop it there, as it keeps WAL: SELECT pg_drop_replication_slot('${slotName}')`;
  try {
    const dropped = await waitUntil(wait, async () =>
      (await dropSlot(context, server, slotName)) === 'active' ? undefined : true,
    );
    if (dropped === undefined) {
      log.warning(`replication slot "${slotName}" is still in use on the source and was not dropped`, {
        hint,
      });
    }
    return dropped === undefined ? 'in use' : 'gone';
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    log.warning(`replication slot "${slotName}" was not dropped on the source`, { detail, hint });
    return 'failed';
  }
}

/** True when the slot now lives on another server than the source and was dropped here. */
async function moveSlot(
  context: OperationContext,
  request: SlotRequest,
  onCreating: SlotNotice | undefined,
): Promise<boolean> {
  const { adapters, log, signal } = context;
  const { upstream, slotName, source, roles } = request;
  if (upstream === null) {
    log.warning('the upstream node is not known, so no replication slot was created there', {
      hint: `create it by hand: SELECT pg_create_physical_replication_slot('${slotName}', true)`,
    });
    return false;
  }
  let connection: Connection;
  try {
    connection = await adapters.connections.connect(upstream.conninfo, { signal });
  } catch (error) {
    log.warning(`${describeNode(upstream)} can't be reached, so no replication slot was created there`, {
      detail: error instanceof Error ? error.message : String(error),
      hint: `create it there: SELECT pg_create_physical_replication_slot('${slotName}', true)`,
    });
    return false;
  }
  try {
    const slots = await adapters.inspector.replicationSlots(connection);
    // Found there: source and upstream are one server, or an earlier clone left it.
    if (slots.some((slot) => slot.slotName === slotName)) return false;
    const upstreamRoles = { ...roles, recordedUser: upstream.replicationUser };
    await announce(context, { slotName, connection, roles: upstreamRoles, onCreating });
    await createSlot(context, { connection, roles: upstreamRoles }, slotName);
    log.info(`replication slot "${slotName}" created on ${describeNode(upstream)}`);
    await dropWhenReleased(context, { connection: source, roles }, slotName);
    return true;
  } finally {
    await connection.close();
  }
}
