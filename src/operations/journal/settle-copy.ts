import { dropWhenReleased } from '../clone-slot.ts';
import type { OperationContext } from '../operation-context.ts';
import { clearRewindMarker } from '../rewind-marker.ts';
import { withConnection } from '../with-connection.ts';
import { endOrphans } from './end-orphans.ts';
import type { CopyContent, JournalEntry, MadeSlot } from './entry.ts';
import { type OpenEntry, reopen } from './operation-journal.ts';

export type SettledCopy =
  /** Nothing of it is left to be done. */
  | 'settled'
  /** The copy is in its place; whether it is any good has to be shown. */
  | 'unproven'
  /** Something could not be removed yet; it will be tried again. */
  | 'left';

/** Files may still be closed and caches be written out. */
const removalTimeoutMs = 5_000;
const removalIntervalMs = 100;

/**
 * Brings the copy that a killed process has left behind to a definite state. Before the exchange it is taken back;
 * once the exchange has begun it goes on. The old directory is removed only where the copy has proved good.
 */
export async function settleCopy(
  context: OperationContext,
  found: JournalEntry<CopyContent>,
): Promise<SettledCopy> {
  const open = reopen(context, found);
  context.log.notice(`a ${found.operation} begun at ${found.startedAt} was interrupted (${found.stage})`);
  if (found.stage === 'copying') await endOrphans(context, found.workDirectory);
  switch (found.stage) {
    case 'copying':
      return takeBack(context, open);
    case 'copied':
      return found.kind === 'replace' ? takeBack(context, open) : close(open);
    case 'exchanging':
    case 'exchanged':
      return goOn(context, open);
    case 'putting back':
      await putBack(context, open);
      return takeBack(context, open);
    case 'proven':
      return discardOld(context, open);
  }
}

async function close(open: OpenEntry<CopyContent>): Promise<SettledCopy> {
  await open.close();
  return 'settled';
}

async function takeBack(context: OperationContext, open: OpenEntry<CopyContent>): Promise<SettledCopy> {
  const { entry } = open;
  if (!(await isOurs(context, entry))) {
    context.log.warning(
      `"${entry.workDirectory}" is not what the ${entry.operation} has left: it stays as it is`,
    );
    return close(open);
  }
  const isRemoved = await removeCopy(context, entry);
  const isSlotGone = await dropSlots(context, entry);
  if (!isRemoved || !isSlotGone) return 'left';
  context.log.notice(`what the interrupted ${entry.operation} made has been removed`);
  return close(open);
}

/** A directory that was replaced, or in which a server has run since, belongs to somebody else by now. */
async function isOurs(
  { adapters }: OperationContext,
  { kind, workDirectory, inode }: JournalEntry<CopyContent>,
): Promise<boolean> {
  if (kind === 'replace') return true;
  const { files } = adapters;
  const status = await files.status(workDirectory);
  if (status === undefined) return true;
  // Killed between making the directory and noting it: ours is empty then.
  if (inode === null) return (await files.list(workDirectory))?.length === 0;
  const wasStarted = await files.exists(`${workDirectory}/postmaster.opts`);
  return status.inode === inode && !wasStarted;
}

async function removeCopy(context: OperationContext, entry: JournalEntry<CopyContent>): Promise<boolean> {
  const { kind, workDirectory, outside } = entry;
  const removed = [await removeAll(context, workDirectory, kind === 'use')];
  for (const { path, existed } of outside) removed.push(await removeAll(context, path, existed));
  return removed.every(Boolean);
}

/** Everything in the folder, and unless `keepsFolder` the folder itself. */
async function removeAll(
  { adapters, log }: OperationContext,
  path: string,
  keepsFolder: boolean,
): Promise<boolean> {
  const { files, clock } = adapters;
  const deadlineMs = clock.monotonicMs() + removalTimeoutMs;
  for (;;) {
    try {
      if (!keepsFolder) await files.removeTree(path);
      else for (const name of (await files.list(path)) ?? []) await files.removeTree(`${path}/${name}`);
      return true;
    } catch (error) {
      if (clock.monotonicMs() < deadlineMs) {
        await clock.sleep(removalIntervalMs);
        continue;
      }
      const detail = error instanceof Error ? error.message : String(error);
      log.warning(`"${path}" of an interrupted copy could not be removed`, { detail });
      return false;
    }
  }
}

async function dropSlots(context: OperationContext, { slots }: CopyContent): Promise<boolean> {
  const dropped = await Promise.all(slots.map((slot) => dropMadeSlot(context, slot)));
  return dropped.every(Boolean);
}

/** True as well where it is in use: then it belongs to a standby that streams, and keeps no WAL in vain. */
async function dropMadeSlot(context: OperationContext, slot: MadeSlot): Promise<boolean> {
  const { adapters, signal, log } = context;
  try {
    const roles = slot.user === null ? {} : { recordedUser: slot.user };
    const outcome = await withConnection(
      () => adapters.connections.connect(slot.conninfo, { signal }),
      (connection) => dropWhenReleased(context, { connection, roles }, slot.name),
    );
    return outcome !== 'failed';
  } catch (error) {
    log.warning(`replication slot "${slot.name}" of an interrupted copy could not be looked for`, {
      detail: error instanceof Error ? error.message : String(error),
      hint: 'it is tried again with the next operation; inactive slots keep WAL',
    });
    return false;
  }
}

/** Which of the two renames has happened, the directories themselves tell. */
async function goOn(context: OperationContext, open: OpenEntry<CopyContent>): Promise<SettledCopy> {
  const { entry } = open;
  const { files } = context.adapters;
  const { target, workDirectory, asideDirectory } = entry;
  const isAside = asideDirectory !== null && (await files.exists(asideDirectory));
  if (!isAside) {
    if (await files.exists(workDirectory)) return takeBack(context, open);
    return close(open); // somebody has tidied up
  }
  if (!(await files.exists(target))) {
    const source = (await files.exists(workDirectory)) ? workDirectory : asideDirectory;
    await files.renameDurably(source, target);
    context.log.notice(`renamed "${source}" to "${target}", which was interrupted`);
    if (source === asideDirectory) return takeBack(context, open);
  }
  await open.record({ stage: 'exchanged' });
  // A clone neither starts nor proves what it has made: its user has asked for the old one to go.
  if (entry.operation === 'reclone') return 'unproven';
  await open.record({ stage: 'proven' });
  return discardOld(context, open);
}

/** Makes the old directory the data directory again, from wherever the renames have come to. */
export async function putBack(
  { adapters }: Pick<OperationContext, 'adapters'>,
  open: OpenEntry<CopyContent>,
): Promise<void> {
  const { files } = adapters;
  const { target, workDirectory, asideDirectory } = open.entry;
  if (asideDirectory === null) return;
  await open.record({ stage: 'putting back' });
  if (await files.exists(asideDirectory)) {
    if (await files.exists(target)) await files.renameDurably(target, workDirectory);
    await files.renameDurably(asideDirectory, target);
  }
}

/** The copy has proved good. */
export async function discardOld(
  context: OperationContext,
  open: OpenEntry<CopyContent>,
): Promise<SettledCopy> {
  const { asideDirectory, formerWalDirectory, operation } = open.entry;
  if (operation === 'reclone') await clearRewindMarker(context);
  const removed = [asideDirectory === null || (await removeAll(context, asideDirectory, false))];
  if (formerWalDirectory !== null) removed.push(await removeAll(context, formerWalDirectory, false));
  return removed.every(Boolean) ? close(open) : 'left';
}
