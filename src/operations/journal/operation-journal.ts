import { randomBytes } from 'node:crypto';
import { ConfigurationError, OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { OperationContext } from '../operation-context.ts';
import { stateDirectory, timestampForName } from '../state-directory.ts';
import {
  decodeEntry,
  isRecord,
  type JournalContent,
  type JournalEntry,
  journalVersion,
  type OwnerProcess,
} from './entry.ts';

type JournalContext = Pick<OperationContext, 'adapters' | 'settings' | 'log'>;

/** An entry that can be brought up to date, and closed when its operation has come to an end. */
export interface OpenEntry<Content extends JournalContent> {
  readonly entry: JournalEntry<Content>;
  /** Resolves when the change survives a power cut; the step that it announces comes after that. */
  record(change: Partial<Content>): Promise<void>;
  /** There is nothing left to resume or to take back. */
  close(): Promise<void>;
}

/**
 * Writes down that an operation begins, before its first step. Where the state directory can't be used the operation
 * goes on without; then nobody can take it back after a crash.
 */
export async function openEntry<Content extends JournalContent>(
  context: JournalContext,
  content: Content,
): Promise<OpenEntry<Content>> {
  const { adapters, settings } = context;
  const now = adapters.clock.wallTime();
  const entry: JournalEntry<Content> = {
    version: journalVersion,
    id: `${content.operation}-${timestampForName(now)}-${randomBytes(4).toString('hex')}`,
    dataDirectory: settings.settings.data_directory,
    startedAt: now.toISOString(),
    owner: await ownProcess(context),
    hasMadeStateDirectory: !(await adapters.files.exists(stateDirectory(settings.settings))),
    ...content,
  };
  try {
    await adapters.files.makeDirectory(stateDirectory(settings.settings));
    await adapters.files.makeDirectory(journalDirectory(context));
    const open = reopen(context, entry);
    await open.record({});
    return open;
  } catch (error) {
    if (!(error instanceof OperationFailed)) throw error;
    context.log.warning('there is no journal for this operation: should it be killed, its leftovers stay', {
      detail: error.message,
      hint: 'set state_directory in repmgr.conf to a directory that this user may write',
    });
    return unwritten(entry);
  }
}

async function removeIfEmpty({ adapters }: JournalContext, directory: string): Promise<void> {
  const { files } = adapters;
  if ((await files.list(directory))?.length === 0) await files.removeTree(directory);
}

function unwritten<Content extends JournalContent>(begun: JournalEntry<Content>): OpenEntry<Content> {
  let entry = begun;
  return {
    get entry() {
      return entry;
    },
    async record(change) {
      entry = { ...entry, ...change };
    },
    async close() {},
  };
}

/** For an entry that was found: whoever settles it goes on from where it is. */
export function reopen<Content extends JournalContent>(
  context: JournalContext,
  found: JournalEntry<Content>,
): OpenEntry<Content> {
  const { files } = context.adapters;
  const path = `${journalDirectory(context)}/${found.id}.json`;
  let entry = found;
  return {
    get entry() {
      return entry;
    },
    async record(change) {
      const changed = { ...entry, ...change };
      await files.writeDurably(path, `${JSON.stringify(changed)}\n`);
      entry = changed;
    },
    async close() {
      await files.removeFile(path);
      await removeIfEmpty(context, journalDirectory(context));
      if (entry.hasMadeStateDirectory)
        await removeIfEmpty(context, stateDirectory(context.settings.settings));
    },
  };
}

export interface FoundEntries {
  /** Of processes that are gone, and of this one; oldest first. */
  readonly abandoned: readonly JournalEntry[];
  /** Whose process is alive and at work. */
  readonly underWay: readonly JournalEntry[];
}

/**
 * Reads what was begun and not ended.
 * @throws ConfigurationError for an entry that a newer release has written.
 */
export async function readEntries(context: JournalContext): Promise<FoundEntries> {
  const abandoned: JournalEntry[] = [];
  const underWay: JournalEntry[] = [];
  const directory = journalDirectory(context);
  for (const name of (await context.adapters.files.list(directory)) ?? []) {
    if (!name.endsWith('.json')) continue;
    const entry = await readEntry(context, `${directory}/${name}`);
    if (entry === undefined || entry.dataDirectory !== context.settings.settings.data_directory) continue;
    ((await isAtWork(context, entry.owner)) ? underWay : abandoned).push(entry);
  }
  return { abandoned: abandoned.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)), underWay };
}

async function readEntry({ adapters }: JournalContext, path: string): Promise<JournalEntry | undefined> {
  const text = await adapters.files.readText(path);
  if (text === undefined) return undefined;
  const content = parse(text);
  const version = isRecord(content) ? content['version'] : undefined;
  const entry = version === journalVersion ? decodeEntry(content) : undefined;
  if (entry !== undefined) return entry;
  throw new ConfigurationError(`"${path}" is not a journal entry that this release understands`, {
    detail: `its version is ${typeof version === 'number' ? version : 'not given'}, this release knows ${journalVersion}`,
    hint: 'finish the operation with the release that began it, or remove the file once its work is tidied up',
    facts: { file: path },
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller, with the name of the file
  }
}

/** How this process is known to others. */
export async function ownProcess({ adapters }: Pick<JournalContext, 'adapters'>): Promise<OwnerProcess> {
  const entry = await adapters.processes.find(process.pid);
  return { pid: process.pid, startTicks: entry?.startTicks ?? null };
}

/** Whether another process is alive and at it; this one does one operation at a time, and has come back to it. */
export async function isAtWork(
  { adapters }: Pick<JournalContext, 'adapters'>,
  owner: OwnerProcess,
): Promise<boolean> {
  if (owner.pid === process.pid) return false;
  const found = await adapters.processes.find(owner.pid);
  return found !== undefined && !found.isZombie && found.startTicks === owner.startTicks;
}

function journalDirectory({ settings }: JournalContext): string {
  return `${stateDirectory(settings.settings)}/journal`;
}
