import { describe, expect, it } from 'vitest';
import { describeLoss, judgeCluster } from '../../../../src/decisions/outlook/judge-cluster.ts';
import { id, type NodeChanges, snapshotOf } from './snapshot-fixture.ts';

const synchronous = { count: 1, names: ['node1', 'node2', 'node3'] };
const judge = (count: number, changes: Record<number, NodeChanges> = {}) =>
  judgeCluster(snapshotOf(count, changes, synchronous));

describe('the verdict', () => {
  it('is one sentence on a healthy cluster', () => {
    expect(judge(3)).toEqual({
      health: 'healthy',
      canLose: 1,
      sentence:
        'Healthy. Can lose 1 node. A failover now would go to node2 or node3, losing nothing, in about 0.5 s, or 3.4 s if the whole host of node1 is lost.',
      problems: [],
    });
  });

  it('counts how many nodes can be lost, whichever they are', () => {
    expect([1, 2, 3, 4, 5, 7].map((count) => judge(count).canLose)).toEqual([0, 0, 1, 1, 2, 3]);
    const reason = { isPromotable: false, notPromotableReason: 'priority is 0' };
    const one = { 3: { status: reason }, 4: { status: reason }, 5: { status: reason } };
    expect(judge(5, one).canLose).toBe(1);
  });

  it('names what is broken, and the cure', () => {
    const verdict = judge(3, { 3: { isSilent: true } });
    expect(verdict.health).toBe('impaired');
    expect(verdict.sentence).toBe(
      'Works, but neither repmgrd nor PostgreSQL of node3 answers. Can lose no node: 2 of 3 repmgrd answer, and 2 are needed. If only PostgreSQL of the primary crashes, node2 takes over in about 0.5 s.',
    );
    expect(verdict.problems).toEqual([
      {
        nodeId: 3,
        text: 'neither repmgrd nor PostgreSQL of node3 answers',
        detail: 'no answer in time',
        cure: 'bring node3 back and start its repmgrd, which does the rest',
      },
    ]);
  });

  it.each<[string, Record<number, NodeChanges>, string, string]>([
    [
      'a pause',
      { 1: { status: { paused: true } }, 2: { status: { paused: true } } },
      'failover is paused: nobody takes over',
      'run "repmgr service unpause"',
    ],
    [
      'manual failover',
      { 1: { status: { manual: true } } },
      'failover is "manual" on the primary: nobody takes over by itself',
      'set failover=automatic in its repmgr.conf and reload its repmgrd',
    ],
    [
      'a daemon that is down beside a server that runs',
      { 2: { isSilent: true, node: { server: 'standby' } } },
      'repmgrd of node2 does not answer',
      'start repmgrd on node2',
    ],
    [
      'a standby that is down',
      { 2: { status: { isPromotable: false, notPromotableReason: 'its PostgreSQL is not running' } } },
      'node2 could not take over: its PostgreSQL is not running',
      'start PostgreSQL on node2',
    ],
    [
      'a node that is no voter yet',
      { 1: { status: { voterIds: [id(1), id(2)], configurationVersion: { term: 3, counter: 9 } } } },
      'node3 is registered but takes no part in elections yet',
      'look again in a few seconds; if it stays so, restart its repmgrd',
    ],
    [
      'a fenced node',
      {
        2: {
          status: { role: 'fenced', explanation: 'fenced: PostgreSQL is stopped' },
          node: { server: null },
        },
      },
      'node2 is fenced: fenced: PostgreSQL is stopped',
      'nothing: it comes back by itself when there is a primary that it can follow',
    ],
    [
      'a standby far behind',
      { 1: { lsn: 400_000_000 }, 3: { lsn: 400_000_000 } },
      'node2 is 381 MB of WAL behind node1',
      'look at "repmgr cluster show", and at the network and the disk of node2',
    ],
    [
      'two that accept writes',
      { 2: { node: { server: 'primary' } } },
      'node1 and node2 accept writes at the same time',
      'stop PostgreSQL at once on the one that your clients do not use, then start its repmgrd',
    ],
    [
      'a primary that its daemon does not lead',
      { 1: { status: { role: 'follower', phase: null, explanation: 'no lease' } } },
      'node1 accepts writes, but its repmgrd does not lead: no lease',
      'look again in a few seconds; if it stays so, read the log of its repmgrd',
    ],
  ])('tells of %s', (_, changes, text, cure) => {
    expect(judge(3, changes).problems).toContainEqual(expect.objectContaining({ text, cure }));
  });

  it('does not complain of what somebody has chosen', () => {
    const status = { isPromotable: false, notPromotableReason: 'priority is 0' };
    expect(judge(3, { 3: { status } }).health).toBe('healthy');
  });

  it('advises a third node to a cluster of two', () => {
    const verdict = judge(2);
    expect(verdict.sentence).toContain('If only PostgreSQL of the primary crashes, node2 takes over');
    expect(verdict.problems[0]?.cure).toBe('add 1 node; one of three may have priority=0');
  });

  it('says why no node accepts writes', () => {
    const lost = { isSilent: true };
    const down = judge(3, { 1: lost, 2: lost });
    expect(down.health).toBe('down');
    expect(down.sentence).toBe(
      'Down: no node accepts writes: only 1 of 3 repmgrd answer, too few for an election (and 2 more problems).',
    );
    const reason = { isPromotable: false, notPromotableReason: 'failover is "manual"' };
    expect(judge(3, { 1: lost, 2: { status: reason }, 3: { status: reason } }).problems[0]?.text).toContain(
      'node2: failover is "manual"; node3: failover is "manual"',
    );
    const promoting = { status: { role: 'promoting' as const, phase: 'promoting' as const } };
    expect(judge(3, { 1: lost, 2: promoting }).problems[0]).toMatchObject({
      text: 'no node accepts writes yet: node2 is being opened',
      cure: 'wait a few seconds',
    });
  });

  it('does not speak of a failover that will not come', () => {
    const sentence = judge(3, { 1: { status: { paused: true } } }).sentence;
    expect(sentence).toBe(
      'Works, but failover is paused: nobody takes over. Should not lose the primary now.',
    );
  });
});

describe('describeLoss', () => {
  it.each([
    ['losing nothing', { bytes: 0n, isExcluded: true }],
    ['losing nothing of what is written by now', { bytes: 0n, isExcluded: false }],
    ['losing up to 49 kB of WAL', { bytes: 50_000n, isExcluded: false }],
    ['losing what had not reached it', { bytes: null, isExcluded: false }],
  ])('says %s', (text, loss) => {
    expect(describeLoss(loss)).toBe(text);
  });
});
