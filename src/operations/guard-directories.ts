import type { FileSystem } from '../ports/file-system.ts';

/** Folders outside the data directory that a copy will fill: tablespaces and a separate WAL directory. */
export interface GuardedDirectories {
  /** Those that already hold something, so that the copy can't use them. */
  readonly occupied: readonly string[];
  /** The others, and whether they were there before. */
  readonly usable: readonly { readonly path: string; readonly existed: boolean }[];
  /** Removes what the copy put there; folders that were there before stay, empty as they were. */
  clear(): Promise<void>;
}

export async function guardDirectories(
  files: FileSystem,
  paths: readonly string[],
): Promise<GuardedDirectories> {
  const found = await Promise.all(paths.map(async (path) => ({ path, content: await files.list(path) })));
  const usable = found.filter(({ content }) => content === undefined || content.length === 0);
  return {
    occupied: found.filter(({ content }) => (content?.length ?? 0) > 0).map(({ path }) => path),
    usable: usable.map(({ path, content }) => ({ path, existed: content !== undefined })),
    async clear() {
      for (const { path, content } of usable) {
        if (content === undefined) await files.removeTree(path);
        else for (const name of (await files.list(path)) ?? []) await files.removeTree(`${path}/${name}`);
      }
    },
  };
}
