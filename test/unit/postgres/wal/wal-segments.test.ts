import { describe, expect, it } from 'vitest';
import { formatLsn, type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import { endOfRecord, endOfSegments, segmentFileName } from '../../../../src/postgres/wal/wal-segments.ts';

const lsn = (text: string): Lsn => parseLsn(text) as Lsn;
const megabyte = 1024 * 1024;
const timeline = 0x1a as TimelineId;

describe('segment files', () => {
  it.each([
    ['0/0', 16, '0000001A0000000000000000'],
    ['0/1FFFFFF', 16, '0000001A0000000000000001'],
    ['12/FF000000', 16, '0000001A00000012000000FF'],
    ['12/FF000000', 1, '0000001A0000001200000FF0'],
    ['12/FF000000', 1024, '0000001A0000001200000003'],
  ])('of position %s with %i MB are named as PostgreSQL does', (position, sizeMb, name) => {
    expect(segmentFileName(timeline, lsn(position), sizeMb * megabyte)).toBe(name);
  });

  it('form a run up to the first gap', () => {
    const names = new Set(
      ['0/FE000000', '0/FF000000', '1/0', '1/2000000'].map((position) =>
        segmentFileName(timeline, lsn(position), 16 * megabyte),
      ),
    );
    const endFrom = (position: string): string => {
      const end = endOfSegments(names, timeline, { start: lsn(position), segmentSizeBytes: 16 * megabyte });
      return end === undefined ? 'none' : formatLsn(end);
    };
    expect(endFrom('0/FE123456')).toBe('1/1000000');
    expect(endFrom('1/2000028')).toBe('1/3000000');
    expect(endFrom('1/1000000')).toBe('none');
  });
});

describe('the end of a record', () => {
  const sizes = { walSegmentSizeBytes: 16 * megabyte, walBlockSizeBytes: 8192 };
  const endOf = (start: string, totalBytes: number, isSwitch = false): string =>
    formatLsn(endOfRecord({ start: lsn(start), totalBytes, isSwitch }, sizes));

  it('is aligned to eight bytes', () => {
    expect(endOf('0/1500718', 114)).toBe('0/1500790');
    expect(endOf('0/1500718', 120)).toBe('0/1500790');
    expect(endOf('0/1500718', 121)).toBe('0/1500798');
  });

  it('jumps over the headers of pages and segments', () => {
    expect(endOf('0/1501FE0', 32)).toBe('0/1502000');
    expect(endOf('0/1501FE0', 40)).toBe('0/1502020');
    expect(endOf('0/1FFFFE0', 40)).toBe('0/2000030');
    expect(endOf('0/1501FE0', 32 + 8168 + 8)).toBe('0/1504020');
    expect(endOf('0/1501FE0', 32 + 8168)).toBe('0/1504000');
  });

  it('is the end of the segment after pg_switch_wal()', () => {
    expect(endOf('0/1500718', 24, true)).toBe('0/2000000');
    expect(endOf('0/1FFFFE8', 24, true)).toBe('0/2000000');
  });
});
