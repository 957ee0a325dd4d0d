export interface RewindRequest {
  /** pg_rewind, by path or by name to be found in PATH. */
  readonly program: string;
  readonly dataDirectory: string;
  readonly sourceConninfo: string;
  /** Fetch WAL that is gone from pg_wal with the node's restore_command (PostgreSQL 13 or later). */
  readonly restoreTargetWal: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly copiedBytes: number; readonly totalBytes: number }) => void;
}

export type RewindOutcome =
  /** `wasNeeded` is false when pg_rewind found nothing to undo. */
  | { readonly kind: 'completed'; readonly wasNeeded: boolean; readonly durationMs: number }
  | {
      readonly kind: 'failed';
      /** False when pg_rewind provably gave up before it changed a file of the data directory. */
      readonly mayHaveChangedFiles: boolean;
      readonly output: string;
    };

/**
 * Brings a diverged data directory back in line with another server.
 * Cancelling ends in `failed`. @throws LocalCommandFailed when pg_rewind can't be started.
 */
export interface Rewind {
  rewind(request: RewindRequest): Promise<RewindOutcome>;
}
