import { describe, expect, it } from 'vitest';
import { parseLsn } from '../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../src/domain/timeline.ts';
import { parseTimelineHistory, timelineHistoryFileName } from '../../../src/domain/timeline-history.ts';

describe('parseTimelineHistory', () => {
  it('reads the ancestors, oldest first', () => {
    const text = '1\t0/5000148\tno recovery target specified\n\n2\t1/A\tbefore 2026-11-22 21:50:58\n';
    expect(parseTimelineHistory(text)).toEqual([
      { timeline: 1, switchpoint: parseLsn('0/5000148') },
      { timeline: 2, switchpoint: parseLsn('1/A') },
    ]);
  });

  it('passes over comments and blank lines', () => {
    expect(parseTimelineHistory('# made by hand\n \n1 0/1\n')).toHaveLength(1);
    expect(parseTimelineHistory('')).toEqual([]);
  });

  it.each(['x\t0/1\treason', '1\tnowhere\treason', '1', '1\t123456789/1\treason'])('refuses %j', (text) => {
    expect(parseTimelineHistory(text)).toBeUndefined();
  });
});

describe('timelineHistoryFileName', () => {
  it.each([
    [2, '00000002.history'],
    [10, '0000000A.history'],
    [255, '000000FF.history'],
  ])('%i: %s', (timeline, name) => {
    expect(timelineHistoryFileName(timeline as TimelineId)).toBe(name);
  });
});
