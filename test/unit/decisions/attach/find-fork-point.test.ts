import { describe, expect, it } from 'vitest';
import { findForkPoint, type TimelineLineage } from '../../../../src/decisions/attach/find-fork-point.ts';
import { type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';

const at = (text: string): Lsn => parseLsn(text) as Lsn;

function lineage(timeline: number, ...ancestors: readonly [number, string][]): TimelineLineage {
  return {
    timeline: timeline as TimelineId,
    history: ancestors.map(([id, lsn]) => ({ timeline: id as TimelineId, switchpoint: at(lsn) })),
  };
}

describe('findForkPoint', () => {
  it('has no end while both are on the first timeline', () => {
    expect(findForkPoint(lineage(1), lineage(1))).toEqual({ timeline: 1, lsn: null });
  });

  it('is where the upstream left the timeline that the other is still on', () => {
    expect(findForkPoint(lineage(1), lineage(2, [1, '0/5000000']))).toEqual({
      timeline: 1,
      lsn: at('0/5000000'),
    });
  });

  it('is the same seen from either side', () => {
    const left = lineage(4, [1, '0/10'], [2, '0/20'], [3, '0/30']);
    const right = lineage(3, [1, '0/10'], [2, '0/25']);
    expect(findForkPoint(left, right)).toEqual({ timeline: 2, lsn: at('0/20') });
    expect(findForkPoint(right, left)).toEqual({ timeline: 2, lsn: at('0/20') });
  });

  it('goes back over several promotions', () => {
    const upstream = lineage(4, [1, '0/10'], [2, '0/20'], [3, '0/30']);
    expect(findForkPoint(lineage(2, [1, '0/10']), upstream)).toEqual({ timeline: 2, lsn: at('0/20') });
  });

  it('takes the earlier of two ends of one timeline', () => {
    expect(findForkPoint(lineage(2, [1, '0/500']), lineage(3, [1, '0/400']))).toEqual({
      timeline: 1,
      lsn: at('0/400'),
    });
  });

  it('tells twins of one number apart by where they began', () => {
    expect(findForkPoint(lineage(2, [1, '0/500']), lineage(2, [1, '0/400']))).toEqual({
      timeline: 1,
      lsn: at('0/400'),
    });
  });

  it('has no end when both went the same way to the same timeline', () => {
    const same = lineage(3, [1, '0/10'], [2, '0/20']);
    expect(findForkPoint(same, same)).toEqual({ timeline: 3, lsn: null });
  });

  it('is undefined when nothing is shared', () => {
    expect(findForkPoint(lineage(2), lineage(1))).toBeUndefined();
  });
});
