import type { Lsn } from '../../domain/lsn.ts';

/** Longer than the WAL writer takes to flush what nobody waits for (three times wal_writer_delay, manual 20.5.1). */
const stuckMs = 900;

/** Tells whether WAL of a primary has been waiting for the disk, with none getting there, since an earlier look. */
export class FlushProgress {
  private waiting: { readonly flushLsn: Lsn; readonly sinceMs: number } | undefined;

  isStuck(lsns: { readonly insertLsn: Lsn | null; readonly flushLsn: Lsn | null }, nowMs: number): boolean {
    const { insertLsn, flushLsn } = lsns;
    if (insertLsn === null || flushLsn === null || insertLsn <= flushLsn) {
      this.waiting = undefined;
      return false;
    }
    if (this.waiting?.flushLsn !== flushLsn) this.waiting = { flushLsn, sinceMs: nowMs };
    return nowMs - this.waiting.sinceMs >= stuckMs;
  }
}
