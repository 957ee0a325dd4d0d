/** Facts that decide whether pg_rewind can work on a node (manual, pg_rewind, "Notes" and "Warnings"). */
export interface RewindFacts {
  readonly local: {
    readonly majorVersion: number;
    readonly isCleanlyShutDown: boolean;
    readonly dataChecksums: boolean;
    readonly walLogHints: boolean;
  };
  readonly primary: { readonly fullPageWrites: boolean | null };
}

export interface RewindObstacle {
  readonly reason: 'noHintBitWal' | 'noFullPageWrites' | 'unclean';
  readonly message: string;
  readonly hint: string;
}

/** Everything that stands in the way of pg_rewind; empty when it can be used. */
export function rewindObstacles({ local, primary }: RewindFacts): readonly RewindObstacle[] {
  const obstacles: RewindObstacle[] = [];
  if (!local.dataChecksums && !local.walLogHints) {
    obstacles.push({
      reason: 'noHintBitWal',
      message: 'neither data checksums nor wal_log_hints were on while this node wrote its WAL',
      hint: 'set wal_log_hints = on on every node and restart, so that a later rewind is possible',
    });
  }
  if (primary.fullPageWrites === false) {
    obstacles.push({
      reason: 'noFullPageWrites',
      message: 'full_page_writes is off on the primary',
      hint: 'set full_page_writes = on',
    });
  }
  // pg_rewind runs crash recovery by itself from PostgreSQL 13 on.
  if (!local.isCleanlyShutDown && local.majorVersion < 13) {
    obstacles.push({
      reason: 'unclean',
      message: `this node was not shut down cleanly, which pg_rewind of PostgreSQL ${local.majorVersion} requires`,
      hint: 'start and stop the server once in single-user mode',
    });
  }
  return obstacles;
}
