import type { FileSystem } from '../ports/file-system.ts';
import type { OperationContext } from './operation-context.ts';
import { timestampForName } from './state-directory.ts';

export interface PlaceRequest {
  /** Final data directory; symbolic links resolved. */
  readonly target: string;
  readonly kind: 'create' | 'use' | 'replace';
  /** Names the folder of a copy made beside the target: `clone` or `reclone`. */
  readonly purpose: 'clone' | 'reclone';
}

/** Where a copy grows, and how it becomes the data directory. Nothing that was there before is deleted. */
export interface ClonePlace {
  readonly kind: PlaceRequest['kind'];
  readonly workDirectory: string;
  prepare(): Promise<void>;
  /** Makes the finished copy the data directory; what was there is renamed aside. */
  moveIn(): Promise<void>;
  /** Removes the copy, and only what was made for it. */
  abandon(): Promise<void>;
  /** Name under which {@link moveIn} keeps the old directory; null when there is none. */
  readonly asideDirectory: string | null;
}

/** Plans the place of a copy; touches nothing yet. */
export function planClonePlace(
  { adapters }: Pick<OperationContext, 'adapters'>,
  request: PlaceRequest,
): ClonePlace {
  const { files, clock } = adapters;
  return request.kind === 'replace'
    ? besidePlace(files, request, timestampForName(clock.wallTime()))
    : directPlace(files, request);
}

function directPlace(files: FileSystem, { target, kind }: PlaceRequest): ClonePlace {
  let isPrepared = false;
  return {
    kind,
    workDirectory: target,
    asideDirectory: null,
    async prepare() {
      if (kind === 'create') await files.makeDirectory(target, { mode: 0o700 });
      else await restrictMode(files, target);
      isPrepared = true;
    },
    async moveIn() {},
    async abandon() {
      if (!isPrepared) return;
      if (kind === 'create') await files.removeTree(target);
      else await emptyDirectory(files, target);
    },
  };
}

/** Group may read from PostgreSQL 11 on; anything more is closed (manual, initdb, --allow-group-access). */
export async function restrictMode(files: FileSystem, directory: string): Promise<void> {
  const status = await files.status(directory);
  if (status !== undefined && (status.mode & 0o027) !== 0) await files.setMode(directory, 0o700);
}

async function emptyDirectory(files: FileSystem, directory: string): Promise<void> {
  for (const name of (await files.list(directory)) ?? []) await files.removeTree(`${directory}/${name}`);
}

function besidePlace(files: FileSystem, { target, purpose }: PlaceRequest, stamp: string): ClonePlace {
  const workDirectory = `${target}.${purpose}-${stamp}`;
  const asideDirectory = `${target}.old-${stamp}`;
  let isPrepared = false;
  return {
    kind: 'replace',
    workDirectory,
    asideDirectory,
    async prepare() {
      await files.makeDirectory(workDirectory, { mode: 0o700 });
      isPrepared = true;
    },
    async moveIn() {
      await files.renameDurably(target, asideDirectory);
      try {
        await files.renameDurably(workDirectory, target);
      } catch (error) {
        await files.renameDurably(asideDirectory, target);
        throw error;
      }
    },
    async abandon() {
      if (isPrepared) await files.removeTree(workDirectory);
    },
  };
}

/**
 * Whether a directory for a copy can be made, or the empty one that is there can be filled; returns why not.
 * A folder is made and removed again, as only that tells: rights are more than mode bits.
 */
export async function placeObstacle(
  { adapters }: Pick<OperationContext, 'adapters'>,
  target: string,
): Promise<string | undefined> {
  const { files } = adapters;
  try {
    const link = await files.linkTarget(target);
    if (link !== undefined && !(await files.exists(target))) {
      return `"${target}" is a symbolic link to "${link}", which does not exist`;
    }
    let existing = target;
    while (existing !== '/' && !(await files.exists(existing))) existing = parentOf(existing);
    return await writeObstacle(files, existing);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Folders that are made and removed at once; a name that never changes lets the next one remove what was left. */
const probeName = '.repmgr-probe';
const besideProbeSuffix = '.probe';

/** Removes the probes of a process that was killed: inside an empty directory they would make it look used. */
export async function removeProbes(
  { adapters }: Pick<OperationContext, 'adapters'>,
  target: string,
): Promise<void> {
  for (const probe of [`${target}/${probeName}`, `${target}${besideProbeSuffix}`]) {
    if ((await adapters.files.list(probe))?.length === 0) await adapters.files.removeTree(probe);
  }
}

async function writeObstacle(files: FileSystem, directory: string): Promise<string | undefined> {
  const probe = `${directory === '/' ? '' : directory}/${probeName}`;
  try {
    await files.makeDirectory(probe);
    await files.removeTree(probe);
    return undefined;
  } catch (error) {
    const code = (error as { readonly cause?: NodeJS.ErrnoException }).cause?.code;
    return `nothing can be created in "${directory}"${code === undefined ? '' : `: ${code}`}`;
  }
}

/**
 * Whether a copy can be made beside the directory and swapped in; returns why not.
 * `neededBytes` null: unknown, then room isn't judged.
 */
export async function besideObstacles(
  { adapters }: Pick<OperationContext, 'adapters'>,
  target: string,
  neededBytes: bigint | null,
): Promise<readonly string[]> {
  const { files } = adapters;
  const parent = parentOf(target);
  const [own, above, free] = await Promise.all([
    files.status(target),
    files.status(parent),
    files.freeBytes(parent),
  ]);
  const problems: string[] = [];
  if (own !== undefined && above !== undefined && own.device !== above.device) {
    problems.push(`"${target}" is a mount point and can't be replaced by renaming; empty it yourself first`);
  }
  const probe = `${target}${besideProbeSuffix}`;
  try {
    await files.makeDirectory(probe);
    await files.removeTree(probe);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(`no copy can be made beside "${target}": ${reason}`);
  }
  if (neededBytes !== null && BigInt(Math.floor(free)) < neededBytes) {
    problems.push(
      `"${parent}" has room for ${Math.floor(free)} bytes, but the copy needs about ${neededBytes} beside the present data; free some space, or empty "${target}" yourself`,
    );
  }
  return problems;
}

function parentOf(path: string): string {
  const cut = path.replace(/\/+$/, '').lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}
