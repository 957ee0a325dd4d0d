import { describe, expect, it } from 'vitest';
import { comesBefore, rankOf, whyNotFirst } from '../../../../src/decisions/failover/rank-candidates.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { ProtocolStatus } from '../../../../src/domain/peer-messages.ts';
import { end, id, primaryServer, standby, startMs, status } from './core-fixture.ts';

const at = (reignTerm: number, lsn: number) => ({ reignTerm, lsn: BigInt(lsn) as Lsn });
const candidate = (nodeId: number, position: ReturnType<typeof at>, priority = 100) => ({
  nodeId: id(nodeId),
  position,
  priority,
});

/** Rank of node 2, at reign 3 and LSN 1000 with priority 100, among the others. */
const rank = (others: readonly ProtocolStatus[], overrides: Parameters<typeof standby>[0] = {}) =>
  rankOf(new Transition(standby(overrides), startMs, 0), others);

describe('comesBefore', () => {
  it.each([
    ['a newer reign before more bytes', candidate(9, at(4, 1)), candidate(1, at(3, 999), 500)],
    ['more bytes before priority', candidate(9, at(3, 11)), candidate(1, at(3, 10), 500)],
    ['priority before the node id', candidate(9, at(3, 10), 101), candidate(1, at(3, 10), 100)],
    ['the lower node id', candidate(1, at(3, 10)), candidate(2, at(3, 10))],
  ])('puts %s', (_, better, worse) => {
    expect(comesBefore(better, worse)).toBe(true);
    expect(comesBefore(worse, better)).toBe(false);
  });

  it('puts nobody before itself', () => {
    expect(comesBefore(candidate(1, at(3, 10)), candidate(1, at(3, 10)))).toBe(false);
  });
});

describe('rankOf', () => {
  it('is 0 for the only one', () => {
    expect(rank([])).toBe(0);
  });

  it('counts everybody who comes before', () => {
    const better = [status(1), status(4, { priority: 101 }), status(5, { position: at(3, 1_001) })];
    expect(rank([...better, status(3), status(6, { position: at(3, 999) })])).toBe(3);
  });

  it.each([
    ['may not be promoted', { isPromotable: false }],
    ['does not know its position', { position: null }],
  ])('does not count one that %s', (_, overrides) => {
    expect(rank([status(1, overrides)])).toBe(0);
  });

  it('uses the own priority', () => {
    const other = status(1, { priority: 101 });
    expect(rank([other], { parameters: { priority: 102 } })).toBe(0);
    expect(rank([other], { parameters: { priority: 101 } })).toBe(1);
  });

  it('puts a node without position behind all that answered', () => {
    expect(rank([status(1, { position: null }), status(3)], { server: { walEnd: null } })).toBe(2);
  });

  it('leaves one that is open where it is but for another with more WAL', () => {
    const open = { server: primaryServer };
    expect(rank([status(1, { priority: 500 })], open)).toBe(0);
    expect(rank([status(1, { position: at(4, 1) })], open)).toBe(1);
    expect(rank([status(1, { position: at(3, 1_001), isPromotable: false })], open)).toBe(0);
  });

  it('counts WAL of a promotion by hand up to its fork', () => {
    const server = { ...primaryServer, walEnd: end(7, 9_000), fork: end(2, 800) };
    expect(rank([status(3, { position: at(3, 801) })], { server })).toBe(1);
    expect(rank([status(3, { position: at(3, 800) })], { server })).toBe(0);
  });
});

describe('whyNotFirst', () => {
  const best = candidate(2, at(3, 1_000));
  const other = (changes: Partial<ProtocolStatus>) => whyNotFirst({ ...status(4), ...changes }, best);

  it.each<[string, Partial<ProtocolStatus>, string]>([
    ['may not be promoted', { isPromotable: false, notPromotableReason: 'priority is 0' }, 'priority is 0'],
    ['does not know its position', { position: null }, 'the end of its WAL is not known'],
    [
      'has WAL of an earlier reign only',
      { position: at(2, 5_000) },
      'its WAL ends in term 2, that of node 2 in term 3',
    ],
    ['has less WAL', { position: at(3, 900) }, 'it lacks 100 bytes of WAL that node 2 has'],
    [
      'has a lower priority',
      { position: at(3, 1_000), priority: 50 },
      'its priority is 50, that of node 2 100',
    ],
    [
      'has the higher ID',
      { position: at(3, 1_000) },
      'its WAL and its priority are those of node 2, whose ID is lower',
    ],
  ])('names what decided where a node %s', (_, changes, why) => {
    expect(other(changes)).toBe(why);
  });
});
