import { describe, expect, it } from 'vitest';
import {
  describeStretch,
  divergedStretches,
  holdsDivergedWal,
  stretchBytes,
  type WalStretch,
} from '../../../../src/decisions/rejoin/diverged-wal.ts';
import { type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { TimelineId, TimelineSwitch } from '../../../../src/domain/timeline.ts';

const at = (text: string): Lsn => parseLsn(text) as Lsn;
const timeline = (id: number): TimelineId => id as TimelineId;
const fork = (id: number, lsn: string) => ({ timeline: timeline(id), lsn: at(lsn) });
const switchAt = (id: number, lsn: string): TimelineSwitch => ({
  timeline: timeline(id),
  switchpoint: at(lsn),
});

function stretch(id: number, start: string, end: string | null): WalStretch {
  return { timeline: timeline(id), start: at(start), end: end === null ? null : at(end) };
}

describe('divergedStretches', () => {
  it('is what a former primary wrote past the fork', () => {
    const local = { timeline: timeline(1), history: [], lsn: at('0/5100') };
    expect(divergedStretches(local, fork(1, '0/5000'))).toEqual([stretch(1, '0/5000', '0/5100')]);
  });

  it('is empty when nothing was written past the fork', () => {
    const local = { timeline: timeline(1), history: [], lsn: at('0/5000') };
    expect(divergedStretches(local, fork(1, '0/5000'))).toEqual([]);
  });

  it('is empty while the servers have not parted', () => {
    const local = { timeline: timeline(1), history: [], lsn: at('0/5000') };
    expect(divergedStretches(local, { timeline: timeline(1), lsn: null })).toEqual([]);
  });

  it('covers every timeline that the node went through after the fork', () => {
    const history = [switchAt(1, '0/5100'), switchAt(2, '0/5200')];
    const local = { timeline: timeline(3), history, lsn: at('0/5300') };
    expect(divergedStretches(local, fork(1, '0/5000'))).toEqual([
      stretch(1, '0/5000', '0/5100'),
      stretch(2, '0/5100', '0/5200'),
      stretch(3, '0/5200', '0/5300'),
    ]);
  });

  it('leaves out timelines that both went through', () => {
    const history = [switchAt(1, '0/4000')];
    const local = { timeline: timeline(2), history, lsn: at('0/5300') };
    expect(divergedStretches(local, fork(2, '0/5000'))).toEqual([stretch(2, '0/5000', '0/5300')]);
  });

  it('begins on the own timeline when the fork is where it began', () => {
    const history = [switchAt(1, '0/5000')];
    const local = { timeline: timeline(2), history, lsn: at('0/5300') };
    expect(divergedStretches(local, fork(1, '0/5000'))).toEqual([stretch(2, '0/5000', '0/5300')]);
  });

  it('has an open end when the end of the WAL is unknown', () => {
    const local = { timeline: timeline(1), history: null, lsn: null };
    expect(divergedStretches(local, fork(1, '0/5000'))).toEqual([stretch(1, '0/5000', null)]);
  });
});

describe('stretchBytes', () => {
  it('adds up', () => {
    expect(stretchBytes([stretch(1, '0/10', '0/20'), stretch(2, '0/20', '0/28')])).toBe(24n);
    expect(stretchBytes([])).toBe(0n);
  });

  it('is unknown with an open end', () => {
    expect(stretchBytes([stretch(1, '0/10', '0/20'), stretch(2, '0/20', null)])).toBeNull();
  });
});

describe('holdsDivergedWal', () => {
  const size = 16 * 1024 * 1024;
  const stretches = [stretch(1, '1/5000148', '1/7000000')];

  it.each([
    ['000000010000000100000004', false],
    ['000000010000000100000005', true],
    ['000000010000000100000006', true],
    // The stretch ends where this one begins.
    ['000000010000000100000007', false],
    ['000000020000000100000005', false],
    ['000000010000000000000005', false],
    ['000000010000000100000005.partial', true],
    ['00000001.history', true],
    ['00000002.history', false],
    ['archive_status', false],
    ['000000010000000100000005.00000028.backup', false],
  ])('judges %s', (name, expected) => {
    expect(holdsDivergedWal(name, stretches, size)).toBe(expected);
  });

  it('knows other segment sizes', () => {
    const megabyte = 1024 * 1024;
    expect(holdsDivergedWal('000000010000000100000050', stretches, megabyte)).toBe(true);
    expect(holdsDivergedWal('00000001000000010000004F', stretches, megabyte)).toBe(false);
  });

  it('keeps everything after the start when the end is unknown', () => {
    expect(holdsDivergedWal('0000000100000001000000FF', [stretch(1, '1/5000148', null)], size)).toBe(true);
  });

  it('reads timelines as hexadecimal', () => {
    expect(holdsDivergedWal('0000000A0000000100000005', [stretch(10, '1/5000148', null)], size)).toBe(true);
    expect(holdsDivergedWal('0000000A.history', [stretch(10, '1/5000148', null)], size)).toBe(true);
  });
});

describe('describeStretch', () => {
  it('names timeline and positions', () => {
    expect(describeStretch(stretch(1, '0/5000148', '0/5032000'))).toBe(
      'timeline 1 from 0/5000148 to 0/5032000',
    );
    expect(describeStretch(stretch(1, '0/5000148', null))).toBe('timeline 1 from 0/5000148 to its end');
  });
});
