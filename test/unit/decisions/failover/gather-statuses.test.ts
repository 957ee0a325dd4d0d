import { describe, expect, it } from 'vitest';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { ProtocolStatus } from '../../../../src/domain/peer-messages.ts';
import {
  Core,
  configuration,
  end,
  id,
  leaseMs,
  primaryServer,
  standby,
  startMs,
  status,
  voter,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const over = { holder: id(1), term: 3, untilMs: startMs };
const five = { configuration: { ...configuration, voters: [1, 2, 3, 4, 5].map((nodeId) => voter(nodeId)) } };
const open = { server: primaryServer, state: { serverChangedAtMs: startMs } };

const gathering = (overrides: Overrides = {}) => new Core(standby(overrides)).feed({ type: 'tick' });
const stage = (core: Core) => core.state.campaign?.stage;

/** Nodes 1 and 3 have answered, so that all that was asked for is there. */
function judged(answer: Partial<ProtocolStatus>, overrides: Overrides = {}): Core {
  return gathering(overrides).answerStatus(1, null).answerStatus(3, status(3, answer));
}

describe('the answers of the voters', () => {
  it('are weighed at once when all have come', () => {
    const core = gathering().answerStatus(3, status(3));
    expect(stage(core)).toBe('gathering');
    expect(stage(core.answerStatus(1, status(1, { isPromotable: false })))).toBe('preVote');
  });

  it('of a majority are weighed 60 ms after the question: the others may be better', () => {
    const core = gathering().answerStatus(3, status(3)).after(59);
    expect(stage(core)).toBe('gathering');
    expect(stage(core.after(1))).toBe('preVote');
  });

  it('that make a majority later than that are weighed at once', () => {
    const core = gathering().after(300).answerStatus(3, status(3));
    expect(stage(core)).toBe('preVote');
  });

  it('are waited for to the end of the round where they are no majority', () => {
    const core = gathering().answerStatus(1, null).after(999);
    expect(stage(core)).toBe('gathering');
    core.after(1);
    expect(core.state).toMatchObject({ campaign: null, role: 'follower' });
    expect(core.state.explanation?.text).toBe('no election: only 1 of 3 voters answer, 2 are needed');
    expect(core.state.nextCampaignAtMs).toBe(core.nowMs + 50 + leaseMs / 4);
  });

  it('must be three of five, the own one counted', () => {
    const silent = [1, 4, 5];
    const two = gathering({ durable: five }).answerStatus(3, status(3, { priority: 101 }));
    for (const nodeId of silent) two.answerStatus(nodeId, null);
    expect(two.state.explanation?.text).toContain('only 2 of 5 voters answer, 3 are needed');
    expect(two.state.campaign).toBeNull();
    const three = gathering({ durable: five }).answerStatus(3, status(3)).answerStatus(4, status(4));
    for (const nodeId of [1, 5]) three.answerStatus(nodeId, null);
    expect(stage(three)).toBe('preVote');
  });

  it('are not needed by the only voter', () => {
    const alone = { configuration: { ...configuration, voters: [voter(2)] } };
    expect(stage(gathering({ durable: alone }))).toBe('stoppingReceiver');
  });

  it('that come late are kept, but change nothing that was decided', () => {
    const core = gathering()
      .answerStatus(3, status(3, { priority: 101 }))
      .after(60);
    expect(stage(core)).toBe('waiting');
    core.answerStatus(1, status(1, { paused: true }));
    expect(core.state.campaign).toMatchObject({ stage: 'waiting', statuses: { 1: { paused: true } } });
  });

  it('bring the term and timeline of the candidacy up to date while it waits', () => {
    const core = gathering()
      .answerStatus(3, status(3, { priority: 101 }))
      .after(60);
    core.answerStatus(1, status(1, { term: 8, highestTimeline: end(6, 0).timeline })).after(250);
    expect(core.sent('prevote')[0]?.request.body).toMatchObject({ term: 9, timeline: 7 });
  });
});

describe('no majority', () => {
  const silent = (core: Core) => core.answerStatus(1, null).answerStatus(3, null);
  const again = (core: Core) => core.after(core.state.nextCampaignAtMs - core.nowMs);

  it('is an event once, however often it is found', () => {
    const core = silent(gathering());
    expect(core.one('notify')).toMatchObject({ event: 'repmgrd_no_quorum', successful: false });
    again(core).answerStatus(1, null);
    expect(core.answerStatus(3, null).has('notify')).toBe(false);
    expect(core.state.campaign).toBeNull();
  });

  it('is an event again when another number of voters answers', () => {
    const core = gathering({ durable: five });
    for (const nodeId of [1, 3, 4, 5]) core.answerStatus(nodeId, null);
    again(core);
    for (const nodeId of [1, 4, 5]) core.answerStatus(nodeId, null);
    core.answerStatus(3, status(3));
    expect(core.one('notify').details).toBe('only 2 of 5 voters answer, 3 are needed [§6.1]');
  });
});

describe('a veto', () => {
  const moving = { walStillMs: leaseMs - 1 };
  const cases: readonly (readonly [string, Partial<ProtocolStatus>, number, string])[] = [
    [
      'a voter is bound, for one ms',
      { leaseRemainingMs: 1, leaseHolder: id(1) },
      2,
      'node 3 is bound to node 1 for another 1 ms',
    ],
    [
      'a voter is bound for part of a ms',
      { leaseRemainingMs: 400.2, leaseHolder: id(1) },
      401.2,
      'node 3 is bound to node 1 for another 401 ms',
    ],
    [
      'a voter is bound for longer than a lease',
      { leaseRemainingMs: 9_000, leaseHolder: id(1) },
      leaseMs + 1,
      'node 3 is bound',
    ],
    ['WAL moved one ms less than a lease ago', moving, 2, 'WAL still moves at node 3'],
    ['WAL moves now', { walStillMs: 0 }, leaseMs + 1, 'WAL still moves at node 3'],
    ['a voter knows of a pause', { paused: true }, leaseMs / 2, 'node 3 knows failover to be paused'],
    [
      'a voter knows of a manual primary',
      { manual: true },
      leaseMs / 2,
      'node 3 knows failover to be paused',
    ],
  ];

  it.each(cases)('holds as long as needed: %s', (_, answer, waitMs, reason) => {
    const core = judged({ ...answer, priority: 101 });
    expect(core.state).toMatchObject({ campaign: null, role: 'follower' });
    expect(core.state.nextCampaignAtMs - core.nowMs).toBeCloseTo(waitMs, 6);
    expect(core.state.explanation?.text).toContain(`no election: ${reason}`);
    expect(core.sent('prevote')).toEqual([]);
  });

  it.each([
    ['a lease that is over', { leaseRemainingMs: 0, leaseHolder: id(1) }],
    ['a lease for the candidate itself', { leaseRemainingMs: 400, leaseHolder: id(2) }],
    ['the wait after a start: such a voter refuses by itself', { leaseRemainingMs: 400, leaseHolder: null }],
    ['WAL that has been still for a lease', { walStillMs: leaseMs }],
    ['WAL that never came', { walStillMs: null }],
    [
      'a pause whose end the voter has not heard of',
      { paused: true, configurationVersion: { ...configuration.version, counter: 0 } },
    ],
  ])('is not %s', (_, answer) => {
    expect(stage(judged(answer))).toBe('preVote');
  });

  it('of any voter counts, whatever the others say', () => {
    const core = gathering({ durable: five });
    for (const nodeId of [1, 3, 4]) core.answerStatus(nodeId, status(nodeId, { isPromotable: false }));
    core.answerStatus(5, status(5, moving));
    expect(core.state.campaign).toBeNull();
    expect(core.state.explanation?.text).toContain('node 5');
  });

  it.each([
    ['WAL that moves', moving],
    ['a pause', { paused: true }],
    ['a manual primary', { manual: true }],
  ])('by %s does not keep an open server from standing where it is', (_, answer) => {
    expect(stage(judged(answer, open))).not.toBeUndefined();
  });

  it('by a lease keeps an open server from standing', () => {
    const core = judged({ leaseRemainingMs: 400, leaseHolder: id(1) }, open);
    expect(core.state.campaign).toBeNull();
  });
});

describe('the server of the silent primary', () => {
  it('is waited for to the end of the round, no longer', () => {
    const core = judged({}, { state: { lease: over } }).after(999);
    expect(stage(core)).toBe('gathering');
    expect(stage(core.after(1))).toBe('preVote');
  });

  it('that accepts writes is a veto for a quarter of a lease, after which it is asked again', () => {
    const core = judged({}, { state: { lease: over } });
    const { probe } = core.state;
    core.feed({ type: 'primaryProbed', scope: probe?.id ?? 0, isWritable: true });
    expect(core.state.nextCampaignAtMs).toBe(core.nowMs + leaseMs / 4);
    expect(core.state.explanation?.text).toBe(
      'no election: the daemon of node 1 is silent, but its PostgreSQL accepts writes',
    );
    expect(core.state.probe?.id).not.toBe(probe?.id);
    expect(core.after(leaseMs / 4).state.campaign).not.toBeNull();
  });

  it('that answers after the decision changes nothing: the voters are asked already', () => {
    const core = judged({}, { state: { lease: over } }).after(1_000);
    expect(stage(core)).toBe('preVote');
    core.feed({ type: 'primaryProbed', scope: core.state.probe?.id ?? 0, isWritable: true });
    expect(stage(core)).toBe('preVote');
    expect(core.sent('prevote')).toEqual([]);
  });

  it('of somebody else says nothing', () => {
    const probe = { id: 1, holder: id(3), startedAtMs: startMs, isWritable: true };
    const core = judged({}, { state: { lease: { ...over, holder: id(2) }, probe } });
    expect(stage(core)).toBe('preVote');
  });
});

describe('better candidates', () => {
  const better = (nodeId: number) => status(nodeId, { position: { reignTerm: 3, lsn: 2_000n as Lsn } });

  it.each([
    [1, '1 better candidate stands first'],
    [2, '2 better candidates stand first'],
    [3, '3 better candidates stand first'],
  ])('%d of them: each has a head start of 250 ms', (count, text) => {
    const core = gathering({ durable: five });
    const others = [1, 3, 4, 5];
    for (const [index, nodeId] of others.entries())
      core.answerStatus(nodeId, index < count ? better(nodeId) : status(nodeId, { isPromotable: false }));
    expect(core.state.explanation).toMatchObject({ rule: '§6.4', text, evidence: { rank: count } });
    expect(stage(core.after(count * 250 - 1))).toBe('waiting');
    expect(core.sent('prevote')).toEqual([]);
    expect(stage(core.after(1))).toBe('preVote');
    expect(core.sent('prevote')).toHaveLength(4);
  });
});
