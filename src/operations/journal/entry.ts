import type { NodeId } from '../../domain/node.ts';

/** Raised when an older release could not read what this one writes. */
export const journalVersion = 1;

/** What a copy of another server has come to. */
export type CopyStage =
  /** Made in its work directory; what was there before is untouched. */
  | 'copying'
  /** Complete, and still in its work directory. */
  | 'copied'
  /** The two renames are under way. */
  | 'exchanging'
  /** The copy is the data directory; the old one stands aside until the copy has proved good. */
  | 'exchanged'
  /** The two renames are being undone. */
  | 'putting back'
  /** The copy is good; the old directory is being removed. */
  | 'proven';

export interface CopyContent {
  readonly operation: 'clone' | 'reclone';
  readonly stage: CopyStage;
  /** Where the copy belongs. */
  readonly target: string;
  /** How the place was found: absent, an empty directory, or a directory that the copy replaces. */
  readonly kind: 'create' | 'use' | 'replace';
  /** The same as `target` unless the copy replaces something. */
  readonly workDirectory: string;
  /** Of the work directory, once it was made. */
  readonly inode: string | null;
  readonly asideDirectory: string | null;
  /** Folders outside of the data directory that the copy fills; false: made for it. */
  readonly outside: readonly { readonly path: string; readonly existed: boolean }[];
  /** Replaced with the old directory. */
  readonly formerWalDirectory: string | null;
  /** Made for the copy, or about to be. */
  readonly slots: readonly MadeSlot[];
}

export interface MadeSlot {
  readonly name: string;
  /** Of the server that it is on; without a password. */
  readonly conninfo: string;
  /** Role that may manage slots there, where that of the conninfo may not. */
  readonly user: string | null;
}

/** A standby gets another upstream. */
export interface FollowContent {
  readonly operation: 'follow';
  readonly stage: 'pointing';
  readonly slotName: string;
  /** Where its slot may be left behind: the former upstream (null: not to be touched) and the new one. */
  readonly from: NodeId | null;
  readonly to: NodeId;
}

export interface PromoteContent {
  readonly operation: 'promote';
  readonly stage: 'promoting';
}

export type JournalContent = CopyContent | FollowContent | PromoteContent;

/** An operation that has begun, and has not ended as far as is known. */
export type JournalEntry<Content extends JournalContent = JournalContent> = Content & {
  readonly version: number;
  /** Name of its file, without the extension. */
  readonly id: string;
  readonly dataDirectory: string;
  readonly startedAt: string;
  /** Nobody had used it before: it goes with the entry, unless somebody has put something there since. */
  readonly hasMadeStateDirectory: boolean;
  readonly owner: OwnerProcess;
};

/** Another process of the same pid has started at another tick. */
export interface OwnerProcess {
  readonly pid: number;
  readonly startTicks: string | null;
}

/** Undefined when it is not what {@link JournalEntry} says; its version has been checked before. */
export function decodeEntry(value: unknown): JournalEntry | undefined {
  if (!isRecord(value) || !isRecord(value['owner'])) return undefined;
  const texts = [value['id'], value['dataDirectory'], value['startedAt'], value['stage']];
  if (!texts.every(isText) || typeof value['owner']['pid'] !== 'number') return undefined;
  return isContent(value) ? (value as unknown as JournalEntry) : undefined;
}

function isContent(value: Readonly<Record<string, unknown>>): boolean {
  switch (value['operation']) {
    case 'clone':
    case 'reclone':
      return isText(value['target']) && isText(value['workDirectory']) && hasLists(value);
    case 'follow':
      return typeof value['to'] === 'number';
    case 'promote':
      return true;
    default:
      return false;
  }
}

function hasLists(value: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(value['outside']) && Array.isArray(value['slots']);
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isCopy(entry: JournalEntry): entry is JournalEntry<CopyContent> {
  return entry.operation === 'clone' || entry.operation === 'reclone';
}

export function isFollow(entry: JournalEntry): entry is JournalEntry<FollowContent> {
  return entry.operation === 'follow';
}
