import { describe, expect, it } from 'vitest';
import { isListed, readSynchronousStandbys } from '../../../../src/decisions/outlook/synchronous-standbys.ts';

describe('synchronous_standby_names', () => {
  it.each([
    ['', 'on', 0, []],
    ['node2', 'on', 1, ['node2']],
    ['node2, node3', 'remote_apply', 1, ['node2', 'node3']],
    ['2 (node2, node3, node4)', 'on', 2, ['node2', 'node3', 'node4']],
    ['FIRST 2 (a,b)', 'on', 2, ['a', 'b']],
    ['any 1 ( "node 2" , "say ""hi""" )', 'remote_write', 1, ['node 2', 'say "hi"']],
    ['ANY 1 (*)', 'on', 1, ['*']],
    ['*', 'on', 1, ['*']],
    ['ANY 1 (node2)', 'local', 0, []],
    ['ANY 1 (node2)', 'off', 0, []],
  ])('%j with synchronous_commit %s waits for %i of %j', (names, commit, count, listed) => {
    expect(readSynchronousStandbys(names, commit)).toEqual({ count, names: listed });
  });

  it('is compared without regard to case', () => {
    expect(isListed('Node2', { count: 1, names: ['node2'] })).toBe(true);
    expect(isListed('node3', { count: 1, names: ['node2'] })).toBe(false);
    expect(isListed('node3', { count: 1, names: ['*'] })).toBe(true);
  });
});
