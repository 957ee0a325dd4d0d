import { describe, expect, it } from 'vitest';
import { formatLsn, type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import type { FileSystem } from '../../../../src/ports/file-system.ts';
import { parseControlData } from '../../../../src/postgres/control-data.ts';
import { findEndOfWal } from '../../../../src/postgres/wal/end-of-wal.ts';
import { forgetTimelinesAfter, releaseTimelines } from '../../../../src/postgres/wal/timelines.ts';
import type { WalDump, WalkResult, WalRange } from '../../../../src/postgres/wal/wal-dump.ts';
import { partialPort } from '../../../fakes/partial-port.ts';
import { controlDataOutput } from '../control-data-output.ts';
import { noSettings } from '../server/server-fixtures.ts';

const lsn = (text: string): Lsn => parseLsn(text) as Lsn;

/** Checkpoint with redo position 0/15006E0 on timeline 3; pg_wal as given. */
function dataDirectory(wal: Record<string, string>) {
  const files = new Map(Object.entries(wal));
  const context = {
    settings: noSettings,
    files: partialPort<FileSystem>('FileSystem', {
      list: async () => [...files.keys()].toSorted(),
      readText: async (path) => files.get(path.replace('/data/pg_wal/', '')),
      removeFile: async (path) => files.delete(path.replace('/data/pg_wal/', '')),
    }),
  };
  return { context, files, control: parseControlData(controlDataOutput()) };
}

/** Records by timeline: [start, length]; a walk breaks off at the last one. */
function walOf(records: Record<number, [string, number]>) {
  const walked: string[] = [];
  const dump: WalDump = {
    async walk({ timeline, start }: WalRange): Promise<WalkResult> {
      walked.push(`${timeline} ${formatLsn(start)}`);
      const record = records[timeline];
      return record === undefined ? { kind: 'unreadable' } : { kind: 'brokeOff', lastRecord: lsn(record[0]) };
    },
    async recordAt({ timeline, start }) {
      return { start, totalBytes: records[timeline]?.[1] ?? 0, isSwitch: false };
    },
    lastRecordIn: async () => undefined,
  };
  return { dump, walked };
}

const segment = (timeline: number, number: number): string =>
  `0000000${timeline}00000000${String(number).padStart(8, '0')}`;

describe('the end of WAL', () => {
  it('is looked for from the redo position of the last checkpoint', async () => {
    const { context, control } = dataDirectory({ [segment(3, 1)]: '' });
    const { dump, walked } = walOf({ 3: ['0/1500718', 114] });
    const end = await findEndOfWal(context, control, dump);
    expect(end).toEqual({ timeline: 3, lsn: lsn('0/1500790') });
    expect(walked).toEqual(['3 0/15006E0']);
  });

  it('is on the newest descendant that has WAL here', async () => {
    const { context, control } = dataDirectory({
      [segment(3, 1)]: '',
      [segment(5, 1)]: '',
      '00000005.history': '3\t0/1600000\treason\n',
      '00000006.history': '3\t0/1600000\treason\n5\t0/1700000\treason\n',
    });
    const { dump, walked } = walOf({ 3: ['0/1500718', 114], 5: ['0/1600028', 50] });
    expect(await findEndOfWal(context, control, dump)).toEqual({ timeline: 5, lsn: lsn('0/1600060') });
    expect(walked).toEqual(['5 0/1600000']);
  });

  it('is on the parent when nothing of the descendant can be read yet', async () => {
    const { context, control } = dataDirectory({
      [segment(3, 1)]: '',
      [segment(4, 1)]: '',
      '00000004.history': '3\t0/1600000\treason\n',
    });
    const { dump } = walOf({ 3: ['0/1500718', 114] });
    expect(await findEndOfWal(context, control, dump)).toMatchObject({ timeline: 3 });
  });

  it('is not on timelines that left before the checkpoint, are no relatives, or merely reserved', async () => {
    const { context, control } = dataDirectory({
      [segment(3, 1)]: '',
      [segment(4, 1)]: '',
      [segment(5, 1)]: '',
      [segment(6, 1)]: '',
      '00000004.history': '3\t0/1400000\treason\n',
      '00000005.history': '2\t0/1600000\treason\n',
      '00000006.history': '',
    });
    const { dump, walked } = walOf({ 3: ['0/1500718', 114], 4: ['0/1500718', 114] });
    expect(await findEndOfWal(context, control, dump)).toMatchObject({ timeline: 3 });
    expect(walked).toEqual(['3 0/15006E0']);
  });

  it('is unknown without the WAL of the checkpoint', async () => {
    const { context, control } = dataDirectory({ [segment(3, 2)]: '' });
    expect(await findEndOfWal(context, control, walOf({ 3: ['0/1500718', 114] }).dump)).toBeUndefined();
    const other = dataDirectory({ [segment(3, 1)]: '' });
    expect(await findEndOfWal(other.context, control, walOf({}).dump)).toBeUndefined();
  });
});

describe('reserved timelines', () => {
  it('are given back above the own ones and those with a history only', async () => {
    const { context, files, control } = dataDirectory({
      '00000002.history': '',
      '00000005.history': '',
      '00000006.history': '3\t0/1600000\treason\n',
      '00000007.history': '',
      '00000008.history': '',
    });
    expect(await releaseTimelines(context, control)).toEqual([7, 8]);
    expect([...files.keys()]).toEqual(['00000002.history', '00000005.history', '00000006.history']);
  });
});

describe('abandoned timelines', () => {
  it('are forgotten with their segments, and each history after them', async () => {
    const { context, files } = dataDirectory({
      [segment(3, 1)]: '',
      '00000003.history': '2\t0/1200000\treason\n',
      [segment(4, 1)]: '',
      [`${segment(4, 2)}.partial`]: '',
      '00000004.history': '3\t0/1400000\treason\n',
      '0000000A.history': '',
      archive_status: '',
    });
    expect(await forgetTimelinesAfter(context, 3 as TimelineId)).toEqual([
      '0000000A.history',
      `${segment(4, 2)}.partial`,
      segment(4, 1),
      '00000004.history',
    ]);
    expect([...files.keys()]).toEqual([segment(3, 1), '00000003.history', 'archive_status']);
  });
});
