import { describe, expect, it } from 'vitest';
import {
  abandon,
  newCampaign,
  proposedTimeline,
  roundLimitMs,
} from '../../../../src/decisions/failover/campaign-stage.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import {
  configuration,
  end,
  goneServer,
  id,
  leaseMs,
  primary,
  primaryServer,
  reign,
  reigns,
  standby,
  startMs,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const open = (overrides: Overrides = {}, random = 0.5) => new Transition(standby(overrides), startMs, random);
const withLease = (ms: number) => ({ durable: { configuration: { ...configuration, leaseMs: ms } } });
const token = { term: 3, nextTerm: 6, issuer: id(1), target: id(2) };
const justStarted = { listeningSinceMs: startMs - leaseMs + 1 };

describe('a round', () => {
  it.each([
    [1_000, 500],
    [1_999, 999.5],
    [2_000, 1_000],
    [60_000, 1_000],
  ])('under a lease of %d ms has %d ms', (lease, expected) => {
    expect(roundLimitMs(open(withLease(lease)))).toBe(expected);
  });
});

describe('a new campaign', () => {
  it('begins now, with nothing heard, in the term after the own', () => {
    const transition = open({ state: { nextId: 7 } });
    expect(newCampaign(transition, 'gathering', null)).toEqual({
      id: 8,
      stage: 'gathering',
      startedAtMs: startMs,
      untilMs: startMs + 1_000,
      token: null,
      term: 4,
      sentAtMs: startMs,
      timeline: 3,
      statuses: {},
      votes: {},
      countsOwnVote: true,
    });
  });

  it('with a token is in exactly the token’s term', () => {
    expect(newCampaign(open(), 'stoppingReceiver', token)).toMatchObject({ token, term: 6 });
  });

  it.each([
    ['one lease after the start', {}, true],
    ['one ms before that', { state: justStarted }, false],
    ['exactly then', { state: { listeningSinceMs: startMs - leaseMs } }, true],
    ['without a listener', { state: { listeningSinceMs: null } }, false],
    ['when nothing was ever promised', { state: justStarted, durable: { term: 0, reigns: [] } }, true],
    [
      'when the last term was its own',
      { state: justStarted, durable: { reigns: [...reigns, reign(4, 2, 3, 900, 2)], term: 4 } },
      true,
    ],
    ['while it reigns', { state: { ...justStarted, reign: primary().reign } }, true],
  ] satisfies [string, Overrides, boolean][])('counts the own vote or not: %s', (_, overrides, expected) => {
    expect(newCampaign(open(overrides), 'gathering', null).countsOwnVote).toBe(expected);
  });

  it('with a token counts the own vote: the lease is waived for this voter as well', () => {
    expect(newCampaign(open({ state: justStarted }), 'stoppingReceiver', token).countsOwnVote).toBe(true);
  });
});

describe('the timeline that is proposed', () => {
  it.each([
    ['the own end of WAL', { server: { walEnd: end(8, 1) } }, 9],
    ['a reign', { durable: { reigns: [...reigns, reign(4, 3, 5, 900, 2)] } }, 6],
    ['hearsay', { state: { highestTimelineHeard: 11 } }, 12],
    ['a vote given before', { durable: { highestTimeline: 6 } }, 7],
  ] satisfies [string, Overrides, number][])('is above %s', (_, overrides, expected) => {
    expect(proposedTimeline(open(overrides))).toBe(expected);
  });

  it('is none where the server is open', () => {
    expect(proposedTimeline(open({ server: primaryServer }))).toBeNull();
  });
});

describe('giving up', () => {
  it.each([
    [0, 50],
    [0.5, 50 + leaseMs / 4],
    [1, 50 + leaseMs / 2],
  ])('with chance %d waits %d ms', (random, waitMs) => {
    const transition = open({}, random);
    abandon(transition, 'no luck');
    expect(transition.state.nextCampaignAtMs).toBe(startMs + waitMs);
  });

  it('waits as long as it is told, and says so', () => {
    const transition = open();
    abandon(transition, 'no luck', 10.4);
    expect(transition.state.nextCampaignAtMs).toBe(startMs + 10.4);
    expect(transition.state.explanation).toEqual({
      atMs: startMs,
      rule: '§6',
      text: 'no election: no luck',
      evidence: { retryMs: 10 },
      kind: 'declined',
    });
  });

  it.each([
    ['a standby follows again', {}, 'candidate', 'follower'],
    ['one whose server is gone is fenced again', { server: goneServer }, 'candidate', 'fenced'],
    ['a primary that stood in place stays primary', { server: primaryServer }, 'primary', 'primary'],
  ] as const)('%s', (_, overrides, before, after) => {
    const transition = open({ ...overrides, state: { role: before } });
    transition.state.campaign = newCampaign(transition, 'preVote', null);
    abandon(transition, 'no luck');
    expect(transition.state).toMatchObject({ role: after, campaign: null });
  });
});
