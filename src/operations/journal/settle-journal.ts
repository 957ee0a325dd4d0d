import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { OperationContext } from '../operation-context.ts';
import { removeProbes } from '../place-clone.ts';
import { type CopyContent, isCopy, type JournalEntry } from './entry.ts';
import { readEntries } from './operation-journal.ts';
import { settleCopy } from './settle-copy.ts';

export interface SettleOptions {
  /**
   * Also copies that were made straight in their place, which may be the data directory: only for a command that
   * is about to fill it.
   */
  readonly includesDirect: boolean;
}

/**
 * Resumes or takes back the copies that killed processes have left, and returns the one that has to be proved, if
 * there is one.
 * @throws OperationFailed when another process is at such an operation just now.
 */
export async function settleCopies(
  context: OperationContext,
  { includesDirect }: SettleOptions,
): Promise<JournalEntry<CopyContent> | undefined> {
  await removeProbes(context, context.settings.settings.data_directory);
  const { abandoned, underWay } = await readEntries(context);
  const busy = underWay.find(isCopy);
  if (busy !== undefined) {
    throw new OperationFailed(
      `another process (PID: ${busy.owner.pid}) copies to "${busy.target}" just now`,
      {
        hint: 'wait until it has ended, or end it, then try again',
      },
    );
  }
  let unproven: JournalEntry<CopyContent> | undefined;
  for (const entry of abandoned.filter(isCopy)) {
    if (entry.kind !== 'replace' && !includesDirect) {
      context.log.warning(`a clone into "${entry.target}" was interrupted (${entry.stage})`, {
        hint: 'repeat "repmgr standby clone": it removes what is there first',
      });
      continue;
    }
    if ((await settleCopy(context, entry)) === 'unproven') unproven = entry;
  }
  return unproven;
}
