import { describe, expect, it } from 'vitest';
import { judgeRecord } from '../../faults/judge-record.ts';
import { faultRecord, faultScenario } from './fault-run.ts';

const { expected } = faultScenario();

describe('judgeRecord', () => {
  it('finds nothing wrong with a run at its bounds', () => {
    const atBounds = faultRecord({ outageMs: 4_000, lostRows: 3, attachedMs: 90_000 });
    expect(judgeRecord(atBounds, expected)).toEqual([]);
  });

  it('allows no millisecond with two writable nodes, unless an operator opened one', () => {
    const two = faultRecord({ doubleWritableMs: 1 });
    expect(judgeRecord(two, expected)).toEqual(['two nodes took writes for 1 ms, 0 allowed']);
    const doubleWritable = { ms: 1, because: 'it was opened by hand' };
    expect(judgeRecord(two, { ...expected, doubleWritable })).toEqual([]);
  });

  it('names everything that went wrong', () => {
    const bad = faultRecord({
      outageMs: 4_001,
      lostRows: 4,
      humanActions: 1,
      attachedMs: null,
      primaryMoved: false,
      causeNamed: false,
    });
    expect(judgeRecord(bad, expected)).toEqual([
      '4 acknowledged rows lost, 3 allowed',
      'it did not heal by itself',
      'no writes for 4001 ms, 4000 allowed',
      'no other node became primary',
      'no explanation matches /power/',
    ]);
  });

  it('minds a primary that moved for nothing, and not one that may be either', () => {
    const moved = faultRecord();
    expect(judgeRecord(moved, { ...expected, primary: 'stays' })).toEqual(['another node became primary']);
    expect(judgeRecord(moved, { ...expected, primary: 'either' })).toEqual([]);
  });
});
