export interface BackupProgress {
  readonly copiedBytes: number;
  /** Null while pg_basebackup has not told. */
  readonly totalBytes: number | null;
}

export type BackupOutcome =
  | { readonly kind: 'completed'; readonly durationMs: number }
  /** `output`: the last lines that the program wrote, for the message. */
  | {
      readonly kind: 'failed';
      /** Null when a signal ended the program. */
      readonly exitStatus: number | null;
      readonly signalName: string | null;
      readonly output: string;
    }
  /** The signal aborted and the program has ended. */
  | { readonly kind: 'cancelled' };

/**
 * Copies a running server with pg_basebackup, and checks copies with pg_verifybackup.
 * @throws LocalCommandFailed when the program can't be started (not found, not executable).
 */
export interface BackupSource {
  /** Runs pg_basebackup with these arguments; it cleans up nothing (`--no-clean` belongs to the caller). */
  basebackup(request: {
    /** Folder of PostgreSQL's programs; empty: found in PATH. */
    readonly binDirectory: string;
    readonly args: readonly string[];
    /** For the connection; handed over in the environment, never as an argument. */
    readonly password?: string;
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: BackupProgress) => void;
  }): Promise<BackupOutcome>;
  /** Runs pg_verifybackup on a finished copy (PostgreSQL 13 or later). */
  verify(request: {
    readonly binDirectory: string;
    readonly directory: string;
    readonly signal: AbortSignal;
  }): Promise<BackupOutcome>;
}
