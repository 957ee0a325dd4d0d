import { describe, expect, it } from 'vitest';
import { type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import { createWalDump, parseWalRecord } from '../../../../src/postgres/wal/wal-dump.ts';
import { FakeRunner } from '../../../fakes/fake-host.ts';

const lsn = (text: string): Lsn => parseLsn(text) as Lsn;
const range = { timeline: 2 as TimelineId, start: lsn('0/1000028'), end: lsn('0/2000000') };

describe('walking through WAL', () => {
  const walk = async (majorVersion: number, result: { exitStatus: number; stderr: string }) => {
    const runner = new FakeRunner();
    runner.resultOf = () => result;
    const dump = createWalDump(runner, { walDirectory: '/data/pg_wal', pgBindir: '/bin', majorVersion });
    return { walked: await dump.walk(range), command: runner.commands[0] };
  };

  it.each([
    [
      12,
      'pg_waldump: fatal: error in WAL record at 0/1500718: invalid record length at 0/1500790: wanted 24, got 0',
    ],
    [
      15,
      'pg_waldump: error: error in WAL record at 0/1500718: unexpected pageaddr 0/0 in log segment 00000002, offset 0',
    ],
    [
      18,
      'pg_waldump: error: error in WAL record at 0/1500718: invalid record length at 0/1500790: expected at least 24, got 0',
    ],
  ])('of PostgreSQL %i finds the last valid record', async (majorVersion, stderr) => {
    const { walked, command } = await walk(majorVersion, { exitStatus: 1, stderr });
    expect(walked).toEqual({ kind: 'brokeOff', lastRecord: lsn('0/1500718') });
    expect(command).toBe(
      '/bin/pg_waldump --path=/data/pg_wal --timeline=2 --start=0/1000028 --end=0/2000000 ' +
        (majorVersion >= 13 ? '--quiet' : '--stats'),
    );
  });

  it('tells a range without fault from one that cannot be read', async () => {
    expect((await walk(15, { exitStatus: 0, stderr: '' })).walked).toEqual({ kind: 'reachedEnd' });
    const stderr = 'pg_waldump: error: could not find a valid record after 0/1000028';
    expect((await walk(15, { exitStatus: 1, stderr })).walked).toEqual({ kind: 'unreadable' });
  });
});

describe('a line of pg_waldump', () => {
  it.each([
    [
      'rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/01000028, prev 0/00000000, desc: CHECKPOINT_SHUTDOWN redo 0/1000028; tli 1',
      { start: lsn('0/1000028'), totalBytes: 114, isSwitch: false },
    ],
    [
      'rmgr: XLOG        len (rec/tot):     49/   137, tx:          1, lsn: 0/010000C0, prev 0/010000A0, desc: FPI , blkref #0: rel 1663/1/6117 blk 0 FPW',
      { start: lsn('0/10000C0'), totalBytes: 137, isSwitch: false },
    ],
    [
      'rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: A/01000110, prev 0/010000A0, desc: SWITCH ',
      { start: lsn('A/1000110'), totalBytes: 24, isSwitch: true },
    ],
    ['first record is after 0/1000000, at 0/1000028, skipping over 40 bytes', undefined],
    ['', undefined],
  ])('is understood: %s', (line, record) => {
    expect(parseWalRecord(line)).toEqual(record);
  });
});
