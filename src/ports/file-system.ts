/** What stands where a data directory is or shall be. */
export type DataDirectoryState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'notADirectory' }
  | { readonly kind: 'empty' }
  /** Something, but without PG_VERSION. */
  | { readonly kind: 'notEmpty' }
  | {
      readonly kind: 'dataDirectory';
      /** Content of PG_VERSION, for example 15. */
      readonly majorVersion: number;
      /** Process id in postmaster.pid when that process lives. */
      readonly livePostmasterPid: number | undefined;
    };

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other';
  /** Permission bits only, for example 0o700. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly userId: number;
  /** Number of the file system. */
  readonly device: string;
  readonly inode: string;
  readonly modifiedAtMs: number;
}

/**
 * Files and folders of this host. "Durably" means on the platter: file and folder are fsynced.
 * @throws OperationFailed naming the file and the reason (no space, no permission …).
 */
export interface FileSystem {
  /** Undefined when the file is absent. */
  readText(path: string): Promise<string | undefined>;
  /** As `readText`, for content in an unknown encoding. */
  readBytes(path: string): Promise<Uint8Array | undefined>;
  exists(path: string): Promise<boolean>;
  /** Undefined when nothing is there; follows symbolic links. */
  status(path: string): Promise<FileStatus | undefined>;
  /** Names in a folder, sorted; undefined when it is absent. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Target of a symbolic link, undefined when `path` is none. */
  linkTarget(path: string): Promise<string | undefined>;
  /** Replaces the file in one step: readers see the old or the new content. `mode` defaults to 0600. */
  writeDurably(path: string, content: string | Uint8Array, options?: { mode?: number }): Promise<void>;
  /** Adds to the end of a file, made with mode 0600 where absent. Not durable: a power cut may take it back. */
  append(path: string, content: string): Promise<void>;
  /** Durably creates an empty file; false, and nothing touched, when something of that name is there. */
  createEmptyDurably(path: string, options?: { mode?: number }): Promise<boolean>;
  /** Durably copies one file, replacing the destination; `mode` defaults to the source's. */
  copyFileDurably(from: string, to: string, options?: { mode?: number }): Promise<void>;
  /** Durably renames a file or folder within one file system. */
  renameDurably(from: string, to: string): Promise<void>;
  /** Durably removes a file; false when it wasn't there. */
  removeFile(path: string): Promise<boolean>;
  /** Removes a folder with everything in it, without following symbolic links; fine when it is absent. */
  removeTree(path: string): Promise<void>;
  /** Creates a folder with its parents, or adjusts the mode (default 0700) of an existing one. */
  makeDirectory(path: string, options?: { mode?: number }): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  /** Space that this user may still fill on the file system of `path` (or of its nearest existing parent). */
  freeBytes(path: string): Promise<number>;
  /** Bytes occupied by a folder with everything below it; files that vanish meanwhile don't count. */
  occupiedBytes(path: string): Promise<number>;
  inspectDataDirectory(path: string): Promise<DataDirectoryState>;
  /** The path without symbolic links; undefined when nothing is there. */
  realPath(path: string): Promise<string | undefined>;
}
