import { describe, expect, it } from 'vitest';
import { FlushProgress } from '../../../../src/daemon/server/flush-progress.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';

const at = (insertLsn: number, flushLsn: number) => ({
  insertLsn: BigInt(insertLsn) as Lsn,
  flushLsn: BigInt(flushLsn) as Lsn,
});

describe('FlushProgress', () => {
  it('finds nothing wrong while nothing waits for the disk, for however long', () => {
    const progress = new FlushProgress();
    for (const nowMs of [0, 1_000, 100_000]) expect(progress.isStuck(at(50, 50), nowMs)).toBe(false);
    expect(progress.isStuck({ insertLsn: null, flushLsn: null }, 200_000)).toBe(false);
  });

  it('finds nothing wrong while WAL moves, however much waits', () => {
    const progress = new FlushProgress();
    for (let second = 0; second < 10; second += 1)
      expect(progress.isStuck(at(900 + second, 50 + second), second * 1_000)).toBe(false);
  });

  it('sees that WAL has waited for longer than the WAL writer lets it wait, and that it moves again', () => {
    const progress = new FlushProgress();
    expect(progress.isStuck(at(60, 50), 0)).toBe(false);
    expect(progress.isStuck(at(70, 50), 500)).toBe(false);
    expect(progress.isStuck(at(80, 50), 1_000)).toBe(true);
    expect(progress.isStuck(at(90, 80), 1_100)).toBe(false);
    expect(progress.isStuck(at(90, 90), 9_000)).toBe(false);
    expect(progress.isStuck(at(95, 90), 10_000)).toBe(false);
  });
});
