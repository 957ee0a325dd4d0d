import { describe, expect, it } from 'vitest';
import { renderWalSummary } from '../../../../src/decisions/rejoin/render-wal-summary.ts';
import {
  createWalSummarizer,
  listedCommits,
  type WalSummary,
} from '../../../../src/decisions/rejoin/wal-summary.ts';
import { type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';

/** As pg_waldump of PostgreSQL 15 prints them. */
const lines = [
  'rmgr: Heap        len (rec/tot):     59/    59, tx:        739, lsn: 0/05018B20, prev 0/05018AE8, desc: INSERT off 2 flags 0x00, blkref #0: rel 1663/5/16458 blk 0',
  'rmgr: Transaction len (rec/tot):     34/    34, tx:        739, lsn: 0/05018B60, prev 0/05018B20, desc: COMMIT 2026-11-22 23:02:20.275026 UTC',
  'rmgr: Heap        len (rec/tot):     70/  7082, tx:        740, lsn: 0/05018B88, prev 0/05018B60, desc: HOT_UPDATE off 1 xmax 740 flags 0x20 ; new off 3 xmax 0, blkref #0: rel 1663/5/1259 blk 0 FPW, blkref #1: rel 1663/5/16458 fork vm blk 0',
  'rmgr: Transaction len (rec/tot):     34/    34, tx:        740, lsn: 0/05018BC8, prev 0/05018B88, desc: ABORT 2026-11-22 23:02:21.000000 UTC',
  'rmgr: Transaction len (rec/tot):    210/   210, tx:          0, lsn: 0/05018BF0, prev 0/05018BC8, desc: COMMIT_PREPARED 741: 2026-11-22 23:02:22.100000 UTC',
  'rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/05018CC8, prev 0/05018BF0, desc: CHECKPOINT_SHUTDOWN redo 0/5018CC8; tli 1',
];

function summarize(input: readonly string[]): WalSummary {
  const summarizer = createWalSummarizer();
  for (const line of input) summarizer.add(line);
  return summarizer.result();
}

describe('createWalSummarizer', () => {
  it('counts records', () => {
    expect(summarize(lines).records).toBe(6);
  });

  it('counts commits, not aborts, with id and time', () => {
    expect(summarize(lines)).toMatchObject({
      commitCount: 2,
      commits: [
        { transactionId: 739, committedAt: '2026-11-22 23:02:20.275026 UTC' },
        { transactionId: 741, committedAt: '2026-11-22 23:02:22.100000 UTC' },
      ],
    });
  });

  it('counts records per relation, a relation once per record', () => {
    expect(summarize(lines).relations).toEqual(
      new Map([
        ['1663/5/16458', 2],
        ['1663/5/1259', 1],
      ]),
    );
  });

  it('passes over anything that is no record', () => {
    expect(summarize(['', 'pg_waldump: error: …', 'first record is after 0/0']).records).toBe(0);
  });

  it('lists only the first commits, but counts all', () => {
    const commit = lines[1] ?? '';
    const many = summarize(Array.from({ length: listedCommits + 5 }, () => commit));
    expect(many.commitCount).toBe(listedCommits + 5);
    expect(many.commits).toHaveLength(listedCommits);
  });
});

describe('renderWalSummary', () => {
  const report = {
    nodeText: 'node "node1" (ID: 1)',
    primaryText: 'node "node2" (ID: 2)',
    keptAt: '2026-11-22T23:02:21.278Z',
    directory: '/state/diverged/20261122T230221Z',
    filesWereKept: true,
    stretches: [
      {
        timeline: 1 as TimelineId,
        start: parseLsn('0/5018AD8') as Lsn,
        end: parseLsn('0/5018CE0') as Lsn,
      },
    ],
    bytes: 520n,
    summary: summarize(lines),
  };

  it('says how much, which transactions and which relations', () => {
    const text = renderWalSummary(report);
    expect(text).toContain(
      'WAL: timeline 1 from 0/5018AD8 to 0/5018CE0\nBytes: 520\nRecords: 6\nCommitted transactions: 2\n',
    );
    expect(text).toContain('  739  2026-11-22 23:02:20.275026 UTC\n');
    expect(text).toContain('  1663/5/16458  2\n  1663/5/1259  1\n');
  });

  it('says how to read the files', () => {
    expect(renderWalSummary(report)).toContain(
      "pg_waldump --path='/state/diverged/20261122T230221Z' --timeline=1 --start=0/5018AD8",
    );
  });

  it('says when the files were not kept', () => {
    const text = renderWalSummary({ ...report, filesWereKept: false });
    expect(text).toContain('not kept');
    expect(text).not.toContain('pg_waldump');
  });

  it('is short when nothing was committed', () => {
    const text = renderWalSummary({ ...report, bytes: null, summary: summarize([]) });
    expect(text).toContain('Bytes: unknown\nRecords: 0\nCommitted transactions: 0\n');
    expect(text).not.toContain('Transactions (id');
    expect(text).not.toContain('Changed relations');
  });

  it('tells when the list of commits is cut', () => {
    const summary = summarize(Array.from({ length: listedCommits + 1 }, () => lines[1] ?? ''));
    expect(renderWalSummary({ ...report, summary })).toContain(`only the first ${listedCommits} are listed`);
  });
});
