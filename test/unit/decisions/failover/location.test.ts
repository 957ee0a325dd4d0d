import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeLocation } from '../../../../src/decisions/failover/location.ts';
import type { ProtocolStatus } from '../../../../src/domain/peer-messages.ts';
import { Core, configuration, primaryServer, standby, startMs, status, voter } from './core-fixture.ts';

/** Voter 1, the last primary, is in `places[0]`, and so on. Node 2 stands. */
function clusterIn(places: readonly (string | undefined)[]) {
  const voters = places.map((location, index) => ({
    ...voter(index + 1),
    ...(location === undefined ? {} : { location }),
  }));
  return { configuration: { ...configuration, voters } };
}

/** Node 2 has asked; who is not in `answers` is silent. */
function asked(
  places: readonly (string | undefined)[],
  answers: Readonly<Record<number, Partial<ProtocolStatus>>>,
  overrides: NonNullable<Parameters<typeof standby>[0]> = {},
): Core {
  const core = new Core(standby({ durable: clusterIn(places), ...overrides })).feed({ type: 'tick' });
  for (const nodeId of places.map((_, index) => index + 1)) {
    const answer = answers[nodeId];
    if (nodeId !== 2) core.answerStatus(nodeId, answer === undefined ? null : status(nodeId, answer));
  }
  return core;
}

const refused = (core: Core) => core.state.campaign === null;

describe('the location of a candidate', () => {
  it.each<[string, readonly (string | undefined)[], readonly number[]]>([
    ['the default everywhere', [undefined, undefined, undefined], [3]],
    ['the default in words and without', ['default', undefined, undefined], [3]],
    ['that of the last primary', ['a', 'a', 'b'], [3]],
    ['elsewhere, where a majority of those is that answer', ['a', 'b', 'b'], [3]],
    ['elsewhere, with two of the three that answer', ['a', 'b', 'b', 'a', 'a'], [3, 4]],
  ])('is right: %s', (_, places, answering) => {
    const core = asked(places, Object.fromEntries(answering.map((nodeId) => [nodeId, {}])));
    expect(core.state.campaign?.stage).toBe('preVote');
  });

  it.each<[string, readonly (string | undefined)[], readonly number[]]>([
    ['one of two', ['a', 'b', 'a'], [3]],
    ['one of two, the other in a third place', ['a', 'b', 'c'], [3]],
    ['two of four', ['a', 'b', 'b', 'a', 'a'], [3, 4, 5]],
  ])('is wrong: %s', (_, places, answering) => {
    const core = asked(places, Object.fromEntries(answering.map((nodeId) => [nodeId, {}])));
    expect(refused(core)).toBe(true);
    expect(core.sent('prevote')).toEqual([]);
    expect(core.state.explanation?.text).toContain('its location is "b", that of the last primary "a"');
    expect(core.state.nextCampaignAtMs).toBeGreaterThan(core.nowMs);
  });

  it('does not keep a server from standing where it is open already', () => {
    const open = { server: primaryServer, state: { serverChangedAtMs: startMs } };
    expect(refused(asked(['a', 'b', 'a'], { 3: { isPromotable: false } }, open))).toBe(false);
  });

  it('is no matter where no reign is known', () => {
    const durable = { ...clusterIn(['a', 'b', 'a']), reigns: [], term: 0 };
    const core = asked(['a', 'b', 'a'], { 3: { reigns: [], term: 0 } }, { durable });
    expect(core.state.explanation?.text ?? '').not.toContain('location');
  });

  it('gives nobody a head start who is in the wrong one', () => {
    const core = asked(['a', 'a', 'b', 'a'], { 3: { priority: 500 }, 4: { isPromotable: false } });
    expect(core.state.campaign?.stage).toBe('preVote');
  });
});

describe('judgeLocation', () => {
  const place = fc.constantFrom('a', 'b', 'c');
  const answering = fc.array(place, { minLength: 1, maxLength: 7 });

  it('leaves at most one place besides that of the last primary', () => {
    fc.assert(
      fc.property(place, answering, (former, heard) => {
        const right = new Set(heard.filter((own) => judgeLocation(own, former, heard) === null));
        right.delete(former);
        expect(right.size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('refuses nobody where all are in one place', () => {
    fc.assert(
      fc.property(place, answering, (one, heard) => {
        expect(
          judgeLocation(
            one,
            one,
            heard.map(() => one),
          ),
        ).toBeNull();
      }),
    );
  });
});
