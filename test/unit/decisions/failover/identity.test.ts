import { describe, expect, it } from 'vitest';
import { isTrustworthy, ownIdentity } from '../../../../src/decisions/failover/identity.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import type { VoterIdentity } from '../../../../src/domain/peer-messages.ts';
import { configuration, id, standby, startMs } from './core-fixture.ts';

const key = '3/incarnation-3';
const shown: VoterIdentity = {
  nodeId: id(3),
  incarnation: 'incarnation-3',
  startCounter: 5,
  term: 7,
  configurationVersion: configuration.version,
};

function knowing(seen: { readonly startCounter: number; readonly term: number } | null): Transition {
  const state = standby({ durable: { seen: seen === null ? {} : { [key]: seen } } });
  return new Transition(state, startMs, 0);
}

describe('ownIdentity', () => {
  it('says who this voter is, and by what others notice a lost memory', () => {
    const state = standby({ durable: { startCounter: 8, term: 9 } });
    expect(ownIdentity(state)).toEqual({
      nodeId: 2,
      incarnation: 'incarnation-2',
      startCounter: 9,
      term: 9,
      configurationVersion: { term: 3, counter: 1 },
    });
  });

  it('names no version where there is no configuration', () => {
    expect(ownIdentity(standby({ durable: { configuration: null } })).configurationVersion).toBeNull();
  });
});

describe('a reply', () => {
  it.each([
    ['from a voter never seen before', null, true],
    ['that shows what was seen', { startCounter: 5, term: 7 }, true],
    ['after a further start', { startCounter: 4, term: 7 }, true],
    ['in a later term', { startCounter: 5, term: 6 }, true],
    ['with a start counter that went back', { startCounter: 6, term: 7 }, false],
    ['with a start counter that went back, in a later term', { startCounter: 6, term: 1 }, false],
    ['with a term that went back', { startCounter: 5, term: 8 }, false],
    ['with a term that went back after a further start', { startCounter: 4, term: 8 }, false],
  ])('%s', (_, seen, counts) => {
    const transition = knowing(seen);
    expect(isTrustworthy(transition, id(3), shown)).toBe(counts);
    const remembered = counts ? { startCounter: 5, term: 7 } : seen;
    expect(transition.state.durable.seen).toEqual({ [key]: remembered });
  });

  it('does not count when another node gives it', () => {
    const transition = knowing(null);
    expect(isTrustworthy(transition, id(1), shown)).toBe(false);
    expect(isTrustworthy(transition, id(1), { ...shown, incarnation: 'incarnation-1' })).toBe(false);
    expect(transition.state.durable.seen).toEqual({});
  });

  it('does not count with another incarnation than the registered one', () => {
    const transition = knowing(null);
    expect(isTrustworthy(transition, id(3), { ...shown, incarnation: 'other' })).toBe(false);
    expect(transition.state.durable.seen).toEqual({});
  });

  it('counts from a node that is no voter yet', () => {
    const transition = knowing(null);
    expect(isTrustworthy(transition, id(9), { ...shown, nodeId: id(9) })).toBe(true);
  });

  it('with nothing new leaves nothing to be stored', () => {
    const transition = knowing({ startCounter: 5, term: 7 });
    isTrustworthy(transition, id(3), shown);
    transition.flush();
    expect(transition.effects).toEqual([]);
  });

  it('leaves what was seen of others as it is', () => {
    const other = { startCounter: 1, term: 1 };
    const transition = new Transition(standby({ durable: { seen: { 'x/y': other } } }), startMs, 0);
    isTrustworthy(transition, id(3), shown);
    expect(transition.state.durable.seen).toEqual({ 'x/y': other, [key]: { startCounter: 5, term: 7 } });
  });

  it('of a new incarnation is not measured by the old one’s memory', () => {
    const seen = { '3/former': { startCounter: 99, term: 99 } };
    const transition = new Transition(standby({ durable: { seen } }), startMs, 0);
    expect(isTrustworthy(transition, id(3), shown)).toBe(true);
  });
});
