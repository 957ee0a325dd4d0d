import { describe, expect, it } from 'vitest';
import { predictCrash, predictLoss } from '../../../../src/decisions/outlook/predict-loss.ts';
import { at, id, type NodeChanges, snapshotOf } from './snapshot-fixture.ts';

const outcome = (count: number, down: readonly number[], changes: Record<number, NodeChanges> = {}) =>
  predictLoss(snapshotOf(count, changes), down.map(id)).outcome;

const notPromotable = (reason: string): NodeChanges => ({
  status: { isPromotable: false, notPromotableReason: reason },
});

const standsIn = (location: string): NodeChanges => ({ node: { location } });

describe('the loss of the primary', () => {
  it.each<[string, Record<number, NodeChanges>, number]>([
    ['the lower ID among equals', {}, 2],
    ['more WAL', { 3: { lsn: 1_000 }, 2: { lsn: 900 } }, 3],
    [
      'WAL of the latest reign before more of an earlier one',
      { 2: { status: { position: at(9_000, 2) } } },
      3,
    ],
    ['the higher priority', { 3: { status: { priority: 200 } } }, 3],
    ['who may be promoted at all', { 2: notPromotable('priority is 0') }, 3],
    [
      'who is in the location of the primary',
      { 1: standsIn('a'), 2: { ...standsIn('b'), status: { priority: 500 } }, 3: standsIn('a') },
      3,
    ],
    ['elsewhere where a majority remains there', { 1: standsIn('a'), 2: standsIn('b'), 3: standsIn('b') }, 2],
    ['no difference by WAL that came after the primary was asked', { 3: { lsn: 1_500 } }, 2],
    [
      'not who would lack WAL of a majority',
      { 2: { lsn: 900, status: { priority: 500 } }, 3: { lsn: 950 } },
      3,
    ],
  ])('promotes by %s', (_, changes, winner) => {
    expect(outcome(3, [1], changes)).toMatchObject({ kind: 'promoted', winner });
  });

  it('takes a lease, an election and a promotion', () => {
    expect(outcome(3, [1], { 1: { status: { leaseMs: 5_000 } } })).toMatchObject({
      outage: { leaseMs: 5_000, electionMs: 250, promotionMs: 150, totalMs: 5_400 },
    });
  });

  it('takes longer where a better candidate gets no majority', () => {
    // Node 2 has more WAL than node 4 but less than the nodes that may not be promoted.
    const changes = {
      2: { lsn: 990 },
      3: { ...notPromotable('priority is 0'), lsn: 1_000 },
      4: { ...notPromotable('priority is 0'), lsn: 1_000 },
      5: { lsn: 980 },
    };
    expect(outcome(5, [1], changes)).toMatchObject({
      kind: 'noPrimary',
      reason: 'those who may be promoted lack WAL that the others have',
    });
    const witness = {
      ...changes,
      4: { node: { isWitness: true }, status: { position: null, isPromotable: false } },
    };
    expect(outcome(5, [1], witness)).toMatchObject({ kind: 'promoted', winner: 2 });
  });

  it.each<[string, number, number[], Record<number, NodeChanges>, string]>([
    ['without a majority', 3, [1, 2], {}, 'only 1 of 3 voters would remain, 2 are needed'],
    [
      'where one is silent already',
      3,
      [1],
      { 3: { isSilent: true } },
      'only 1 of 3 voters would remain, 2 are needed',
    ],
    ['of two', 2, [1], {}, 'only 1 of 2 voters would remain, 2 are needed'],
    ['while paused', 3, [1], { 2: { status: { paused: true } } }, 'failover is paused'],
    ['while manual', 3, [1], { 1: { status: { manual: true } } }, 'failover is "manual" on the primary'],
    [
      'of none that may be promoted',
      3,
      [1],
      { 2: notPromotable('priority is 0'), 3: notPromotable('failover is "manual"') },
      'none of those who remain may be promoted',
    ],
    [
      'whose position is not known',
      3,
      [1],
      { 2: { status: { position: null } }, 3: { status: { position: null } } },
      'none of those who remain may be promoted',
    ],
  ])('promotes nobody %s', (_, count, down, changes, reason) => {
    expect(outcome(count, down, changes)).toEqual({ kind: 'noPrimary', reason });
  });

  it('says of each that remains why it is not the one', () => {
    const changes = { 3: { lsn: 900 }, 4: notPromotable('priority is 0'), 5: { status: { priority: 50 } } };
    const { election } = predictLoss(snapshotOf(5, changes), [id(1)]);
    expect(election.contenders).toEqual([
      { nodeId: 2, isElected: true, reason: '4 of 3 votes that are needed' },
      { nodeId: 3, isElected: false, reason: 'it lacks 100 bytes of WAL that node 2 has' },
      { nodeId: 4, isElected: false, reason: 'priority is 0' },
      { nodeId: 5, isElected: false, reason: 'its priority is 50, that of node 2 100' },
    ]);
  });
});

describe('what is lost with the primary', () => {
  const loss = (
    names: string[],
    count: number,
    down: number[],
    changes: Record<number, NodeChanges> = {},
  ) => {
    const snapshot = snapshotOf(5, { 2: { lsn: 990 }, 3: { lsn: 980 }, ...changes }, { count, names });
    const result = predictLoss(snapshot, down.map(id)).outcome;
    return result.kind === 'promoted' ? result.loss : result;
  };

  it('is the lag of the best, where replication is asynchronous', () => {
    const changes = { 4: { lsn: 700 }, 5: { lsn: 700 } };
    expect(loss([], 0, [1], changes)).toEqual({ bytes: 10n, isExcluded: false });
    expect(loss([], 0, [1, 2], changes)).toEqual({ bytes: 20n, isExcluded: false });
  });

  it('is nothing where commits wait for one that remains', () => {
    expect(loss(['node2', 'node3'], 1, [1])).toEqual({ bytes: 0n, isExcluded: true });
    expect(loss(['*'], 2, [1, 4])).toEqual({ bytes: 0n, isExcluded: true });
  });

  it('may be something where all that confirmed are lost as well', () => {
    expect(loss(['node4', 'node5'], 1, [1, 4])).toMatchObject({ isExcluded: false });
    expect(loss(['node4', 'node5'], 2, [1, 4])).toMatchObject({ isExcluded: true });
  });

  it('is not known where the primary or its settings could not be asked', () => {
    const snapshot = snapshotOf(3, { 1: { isSilent: true, node: { server: 'primary' } } }, null);
    expect(predictLoss(snapshot, [id(1)]).outcome).toMatchObject({
      loss: { bytes: null, isExcluded: false },
    });
  });
});

describe('the loss of others', () => {
  it('does nothing while a majority remains', () => {
    expect(outcome(3, [2])).toEqual({ kind: 'primaryStays', primary: 1, doCommitsHang: false });
  });

  it('stops the primary without one, unless failover is paused', () => {
    expect(outcome(3, [2, 3])).toEqual({ kind: 'primaryFenced', primary: 1, afterMs: 3_000 });
    expect(outcome(3, [2, 3], { 1: { status: { paused: true } } })).toMatchObject({ kind: 'primaryStays' });
  });

  it('makes commits hang that wait for more standbys than remain', () => {
    const snapshot = snapshotOf(5, {}, { count: 2, names: ['node2', 'NODE3', 'node9'] });
    expect(predictLoss(snapshot, [id(2)]).outcome).toMatchObject({
      kind: 'primaryStays',
      doCommitsHang: true,
    });
    expect(predictLoss(snapshot, [id(4)]).outcome).toMatchObject({ doCommitsHang: false });
    expect(predictLoss(snapshot, [id(1)]).outcome).toMatchObject({ kind: 'promoted', doCommitsHang: true });
  });
});

describe('a crash of PostgreSQL alone', () => {
  it('is handed over to whoever covers the WAL and answers first', () => {
    expect(predictCrash(snapshotOf(4, { 4: { lsn: 900 } }))).toMatchObject({
      winners: [2, 3],
      outageMs: 500,
    });
  });

  it('is followed by a restart where no standby has everything', () => {
    const changes = { 2: { lsn: 900 }, 3: { lsn: 900 } };
    expect(predictCrash(snapshotOf(3, changes))).toMatchObject({
      winners: [],
      reason: 'no standby provably has all of the WAL',
    });
  });

  it('is followed by what repmgr.conf asks for', () => {
    const restart = { 1: { status: { crashAction: 'restart' as const } } };
    expect(predictCrash(snapshotOf(3, restart))).toMatchObject({ winners: [] });
    const failover = { 1: { status: { crashAction: 'failover' as const } }, 2: { lsn: 1 }, 3: { lsn: 2 } };
    expect(predictCrash(snapshotOf(3, failover))).toMatchObject({ winners: [3] });
  });

  it('is not predicted without a reigning primary, or while paused', () => {
    expect(predictCrash(snapshotOf(3, { 1: { isSilent: true } }))).toBeNull();
    expect(predictCrash(snapshotOf(3, { 1: { status: { paused: true } } }))).toBeNull();
  });
});
