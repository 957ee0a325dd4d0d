/** What reading repmgr.conf needs of a file system. Names are absolute. */
export interface ConfigFiles {
  /** Content of a file; undefined when there is none. Throws ConfigurationError when it can't be read. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Names of what is in a folder; undefined when there is none. Throws like `readFile`. */
  listDirectory(path: string): Promise<readonly DirectoryEntry[] | undefined>;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}
