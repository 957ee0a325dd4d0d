import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import type { Connection } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';

/** Roles that may manage slots where the role of the connection may not. */
export interface SlotRoles {
  /** `--superuser`. */
  readonly superuser?: string | undefined;
  /** `--replication-user`. */
  readonly replicationUser?: string | undefined;
  /** `repluser` in the record of the node that holds the slot. */
  readonly recordedUser?: string | undefined;
}

type SlotContext = Pick<OperationContext, 'adapters' | 'signal'>;

/** Creates the physical slot, or takes over an inactive one of that name. */
export async function createSlot(
  context: SlotContext,
  server: { readonly connection: Connection; readonly roles: SlotRoles },
  slotName: string,
): Promise<'created' | 'reused'> {
  return withSlotConnection(context, server, (connection) =>
    context.adapters.inspector.createPhysicalSlot(connection, slotName),
  );
}

/** Drops the slot unless somebody streams from it. */
export async function dropSlot(
  context: SlotContext,
  server: { readonly connection: Connection; readonly roles: SlotRoles },
  slotName: string,
): Promise<'dropped' | 'absent' | 'active'> {
  return withSlotConnection(context, server, (connection) =>
    context.adapters.inspector.dropSlot(connection, slotName),
  );
}

/** Which role {@link createSlot} and {@link dropSlot} would use; undefined when none may manage slots. */
export async function slotRole(
  { adapters }: SlotContext,
  { connection, roles }: { readonly connection: Connection; readonly roles: SlotRoles },
): Promise<{ readonly user: string | null; readonly replication: boolean } | undefined> {
  const { inspector } = adapters;
  const [isSuperuser, hasReplication] = await Promise.all([
    inspector.isSuperuser(connection),
    inspector.hasReplicationAttribute(connection),
  ]);
  if (isSuperuser || hasReplication) return { user: null, replication: false };
  if (roles.superuser !== undefined) return { user: roles.superuser, replication: false };
  if (roles.replicationUser !== undefined) return { user: roles.replicationUser, replication: true };
  const recorded = roles.recordedUser ?? '';
  if (recorded === '' || recorded === connection.parameters.get('user')) return undefined;
  return { user: recorded, replication: true };
}

async function withSlotConnection<T>(
  context: SlotContext,
  server: { readonly connection: Connection; readonly roles: SlotRoles },
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const role = await slotRole(context, server);
  if (role === undefined) throw noRole(server.connection);
  if (role.user === null) return work(server.connection);
  const connection = await context.adapters.connections.connect(server.connection.parameters, {
    user: role.user,
    replication: role.replication,
    signal: context.signal,
  });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

function noRole(connection: Connection): OperationFailed {
  return new OperationFailed(
    `no role is at hand that may manage replication slots (${connection.description})`,
    {
      exit: 'BAD_CONFIG',
      hint: 'give the repmgr role the attribute REPLICATION, or use --superuser',
    },
  );
}
