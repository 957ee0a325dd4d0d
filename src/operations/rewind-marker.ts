import { isRecord, type OwnerProcess } from './journal/entry.ts';
import { ownProcess } from './journal/operation-journal.ts';
import type { OperationContext } from './operation-context.ts';
import { stateDirectory } from './state-directory.ts';

/*
 * The marker stands from before pg_rewind until it has succeeded. Found at another time, it says that the data
 * directory is a mixture of two servers, which PostgreSQL itself would not notice at start.
 */
const markerName = 'rewind-in-progress.json';

type MarkerContext = Pick<OperationContext, 'adapters' | 'settings'>;

export interface RewindFacts {
  /** `rewound`: pg_rewind is done, the node's own configuration is not back yet. */
  readonly stage: 'rewinding' | 'rewound';
  readonly primaryNodeId: number;
  /** Where the node's own configuration files are meanwhile; pg_rewind may have replaced those in the directory. */
  readonly archiveDirectory: string;
  /** Of the files in it, relative to the data directory. */
  readonly archivedNames: readonly string[];
}

/** False also when the directory was replaced since: the marker is about one directory, not about its name. */
export async function isHalfRewound(context: MarkerContext): Promise<boolean> {
  return (await readMarker(context)) !== undefined;
}

/** The archive of configuration files of a half-rewound directory. */
export async function archiveOfHalfRewound(context: MarkerContext): Promise<string | undefined> {
  const archive = (await readMarker(context))?.['archiveDirectory'];
  return typeof archive === 'string' ? archive : undefined;
}

/** What is left to be done where pg_rewind itself had ended; undefined where it had not. */
export async function rewoundFacts(
  context: MarkerContext,
): Promise<Pick<RewindFacts, 'archiveDirectory' | 'archivedNames'> | undefined> {
  const marker = await readMarker(context);
  const { archiveDirectory, archivedNames } = marker ?? {};
  if (marker?.['stage'] !== 'rewound' || typeof archiveDirectory !== 'string') return undefined;
  const names = Array.isArray(archivedNames) ? archivedNames.map(String) : [];
  return { archiveDirectory, archivedNames: names };
}

/** The process that is rewinding, or was; undefined without a marker. */
export async function rewindOwner(context: MarkerContext): Promise<OwnerProcess | undefined> {
  const owner = (await readMarker(context))?.['owner'];
  if (!isRecord(owner) || typeof owner['pid'] !== 'number') return undefined;
  return {
    pid: owner['pid'],
    startTicks: typeof owner['startTicks'] === 'string' ? owner['startTicks'] : null,
  };
}

export async function setRewindMarker(context: MarkerContext, facts: RewindFacts): Promise<void> {
  const { adapters, settings } = context;
  await adapters.files.makeDirectory(stateDirectory(settings.settings));
  const content = {
    ...facts,
    dataDirectory: settings.settings.data_directory,
    inode: await inodeOf(context),
    owner: await ownProcess(context),
    startedAt: adapters.clock.wallTime().toISOString(),
  };
  await adapters.files.writeDurably(markerPath(settings), `${JSON.stringify(content)}\n`);
}

export async function clearRewindMarker({ adapters, settings }: MarkerContext): Promise<void> {
  await adapters.files.removeFile(markerPath(settings));
}

/** Undefined without a marker, or with one of another directory. One that can't be read counts as of this one. */
async function readMarker(context: MarkerContext): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await context.adapters.files.readText(markerPath(context.settings));
  if (text === undefined) return undefined;
  const content = parseMarker(text);
  const { inode } = content;
  return typeof inode === 'string' && inode !== (await inodeOf(context)) ? undefined : content;
}

function parseMarker(text: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null ? { ...content } : {};
  } catch {
    return {}; // written in part, or by hand: the careful side
  }
}

/** Without the number of the file system, which may be another after a restart of the host. */
async function inodeOf({ adapters, settings }: MarkerContext): Promise<string | null> {
  return (await adapters.files.status(settings.settings.data_directory))?.inode ?? null;
}

function markerPath(settings: OperationContext['settings']): string {
  return `${stateDirectory(settings.settings)}/${markerName}`;
}
