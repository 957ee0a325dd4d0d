import type { GuardedDirectories } from '../guard-directories.ts';
import type { OperationContext } from '../operation-context.ts';
import type { ClonePlace } from '../place-clone.ts';
import type { CopyContent, MadeSlot } from './entry.ts';
import { type OpenEntry, openEntry } from './operation-journal.ts';

export type CopyJournal = OpenEntry<CopyContent>;

export interface CopyPlan {
  readonly operation: CopyContent['operation'];
  readonly place: ClonePlace;
  readonly target: string;
  readonly guarded: GuardedDirectories;
  readonly formerWalDirectory?: string | undefined;
}

/** Notes that a copy begins. */
export function beginCopy(
  context: OperationContext,
  { operation, place, target, guarded, formerWalDirectory }: CopyPlan,
): Promise<CopyJournal> {
  return openEntry<CopyContent>(context, {
    operation,
    stage: 'copying',
    target,
    kind: place.kind,
    workDirectory: place.workDirectory,
    inode: null,
    asideDirectory: place.asideDirectory,
    outside: guarded.usable,
    formerWalDirectory: formerWalDirectory ?? null,
    slots: [],
  });
}

export async function noteDirectory({ adapters }: OperationContext, journal?: CopyJournal): Promise<void> {
  if (journal === undefined) return;
  const status = await adapters.files.status(journal.entry.workDirectory);
  await journal.record({ inode: status?.inode ?? null });
}

export async function noteSlot(journal: CopyJournal | undefined, made: MadeSlot): Promise<void> {
  await journal?.record({ slots: [...journal.entry.slots, made] });
}
