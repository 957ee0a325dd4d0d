import { effectiveStateDirectory } from '../../config/effective-settings.ts';
import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { Lsn } from '../../domain/lsn.ts';
import { waitUntil } from '../../operations/wait-until.ts';
import type { Connection } from '../../ports/connection.ts';
import type { Node } from '../node.ts';

/** Name of the file in the state directory that keeps primary_conninfo while the receiver is held still. */
const asideFile = 'primary-conninfo-aside';
const pollMs = 5;

function asidePath(node: Node): string {
  return `${effectiveStateDirectory(node.settings.settings)}/${asideFile}`;
}

/** Whether primary_conninfo is put aside for a vote, by this daemon or an earlier start of it. */
export function isReceiverHeld(node: Node): Promise<boolean> {
  return node.adapters.files.exists(asidePath(node));
}

/**
 * Stops the WAL receiver for a vote (failover.md §6.5): primary_conninfo is put aside and emptied, and two
 * readings must show no receiver and the same received LSN. From PostgreSQL 13 on a reload is enough
 * (release notes of 13, E.1.3.3).
 * @throws OperationFailed when the receiver is still there at the deadline.
 */
export async function holdReceiver(node: Node, connection: Connection, deadlineMs: number): Promise<void> {
  const { adapters, localServer, ending } = node;
  if (!(await isReceiverHeld(node))) {
    const conninfo = (await localServer.autoConfValue('primary_conninfo')) ?? '';
    await adapters.files.writeDurably(asidePath(node), conninfo);
  }
  await localServer.writeReplicationConfiguration({ primaryConninfo: '' });
  await adapters.inspector.reloadConfiguration(connection);
  let previous: Lsn | null | undefined;
  const timeoutMs = Math.max(0, deadlineMs - adapters.clock.monotonicMs());
  const isStill = await waitUntil(
    { clock: adapters.clock, intervalMs: pollMs, timeoutMs, signal: ending },
    async () => {
      const { walReceiver, receivedLsn } = await adapters.inspector.walPositions(connection);
      const isSame = walReceiver === null && previous === receivedLsn;
      previous = walReceiver === null ? receivedLsn : undefined;
      return isSame ? true : undefined;
    },
  );
  if (isStill === true) return;
  throw new OperationFailed(`the WAL receiver of node ${node.nodeId} did not stop in time`, {
    hint: 'look at pg_stat_wal_receiver; the vote was not given',
  });
}

/** Puts primary_conninfo back as it was before the vote. */
export async function restoreReceiver(node: Node, connection: Connection): Promise<void> {
  const conninfo = await node.adapters.files.readText(asidePath(node));
  if (conninfo === undefined) return;
  await node.localServer.writeReplicationConfiguration({ primaryConninfo: conninfo });
  await node.adapters.inspector.reloadConfiguration(connection);
  await dropAside(node);
}

/** Another primary_conninfo has been written meanwhile. */
export async function dropAside(node: Node): Promise<void> {
  await node.adapters.files.removeFile(asidePath(node));
}
