import { describe, expect, it } from 'vitest';
import {
  hasOwnTimeline,
  ownPosition,
  protocolStatus,
  whyNotPromotable,
} from '../../../../src/decisions/failover/status.ts';
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
  voter,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const paused = { durable: { configuration: { ...configuration, paused: true } } };
const manual = { durable: { configuration: { ...configuration, manual: true } } };
const fenced = { nodeId: 1, durable: { intent: 'fenced' }, server: goneServer } as const;
const heldByOne = { holder: id(1), term: 3, untilMs: startMs + 500 };
/** 3 s less the margin of 110 ms and the fence budget of 700 ms. */
const usableLeaseMs = 2_190;

describe('whyNotPromotable', () => {
  const cases: readonly (readonly [string, Overrides, string | null])[] = [
    ['a healthy standby may be', {}, null],
    ['a witness', { parameters: { isWitness: true } }, 'it is a witness'],
    ['no configuration', { durable: { configuration: null } }, 'no voting configuration is known yet'],
    [
      'not in the configuration',
      { durable: { configuration: { ...configuration, voters: [voter(1), voter(3)] } } },
      'it is no voter',
    ],
    ['failover=manual here', { parameters: { isFailoverAutomatic: false } }, 'failover is "manual"'],
    ['priority 0', { parameters: { priority: 0 } }, 'priority is 0'],
    ['priority 1 may be', { parameters: { priority: 1 } }, null],
    ['a delayed standby', { server: { applyDelay: '1h' } }, 'recovery_min_apply_delay is 1h'],
    ['one that delays nothing may be', { server: { applyDelay: null } }, null],
    [
      'one with half the segment in which the timeline of the reign forks',
      { server: { walEnd: { ...end(2, Number(reigns.at(-1)?.forkLsn)), isSwitching: true } } },
      'it has only begun to receive the WAL of timeline 2',
    ],
    ['paused', paused, 'failover is paused'],
    ['failover=manual on the primary', manual, 'failover is paused'],
    ['being rebuilt', { server: { verdict: 'rebuilding' } }, 'its data directory is being rebuilt'],
    ['busy', { server: { verdict: 'busy' } }, 'its PostgreSQL is busy'],
    ['not observed yet', { server: { verdict: 'unknown' } }, 'its PostgreSQL is not reachable'],
    ['a standby whose server is down', { server: goneServer }, 'its PostgreSQL is not running'],
    ['a fenced primary on its own timeline may be', fenced, null],
    [
      'a server stopped on the timeline of another',
      { ...fenced, nodeId: 2 },
      'its PostgreSQL must start in recovery first',
    ],
    [
      'a stopped server whose end nobody could read',
      { ...fenced, server: { ...goneServer, walEnd: null } },
      'its PostgreSQL must start in recovery first',
    ],
    ['no known end of WAL', { server: { walEnd: null } }, 'the end of its WAL is not known'],
    [
      'a timeline of nobody',
      { server: { walEnd: end(9, 1) } },
      'timeline 9 belongs to no reign that is known',
    ],
  ];

  it.each(cases)('%s', (_, overrides, reason) => {
    expect(whyNotPromotable(standby(overrides))).toBe(reason);
  });

  it.each([
    ['priority 0', { parameters: { priority: 0 } }],
    ['failover=manual', { parameters: { isFailoverAutomatic: false } }],
    ['a pause', paused],
    ['a delay that counts in recovery only', { server: { applyDelay: '1h' } }],
    ['a timeline of nobody', { server: { walEnd: end(9, 1) } }],
  ] satisfies [string, Overrides][])(
    'lets a server that is open stand where it is, for all of %s',
    (_, other) => {
      const server = { ...primaryServer, ...('server' in other ? other.server : {}) };
      expect(whyNotPromotable(standby({ ...other, server }))).toBeNull();
    },
  );

  it('lets no open server stand whose end of WAL is unknown', () => {
    const server = { ...primaryServer, walEnd: null };
    expect(whyNotPromotable(standby({ server }))).toBe('the end of its WAL is not known');
  });

  it.each(['busy', 'unknown'] as const)('counts a primary that is %s for no open server', (verdict) => {
    const server = { ...primaryServer, verdict };
    expect(whyNotPromotable(standby({ ...paused, server }))).toBe('failover is paused');
  });
});

describe('hasOwnTimeline', () => {
  const inPlace = [...reigns, reign(4, 2, 2, 700)];

  it.each([
    ['the node that opened it', 1, end(2, 1_000), reigns, true],
    ['another node', 3, end(2, 1_000), reigns, false],
    ['one on the timeline that it opened before', 2, end(1, 400), reigns, true],
    ['one that reigned there later without opening it', 2, end(2, 1_000), inPlace, false],
    ['a timeline of nobody', 1, end(9, 1), reigns, false],
    ['an unknown end', 1, null, reigns, false],
  ])('%s', (_, nodeId, walEnd, known, expected) => {
    expect(hasOwnTimeline(standby({ nodeId, server: { walEnd }, durable: { reigns: known } }))).toBe(
      expected,
    );
  });
});

describe('ownPosition', () => {
  it.each([
    ['is the reign and the end of WAL', {}, { reignTerm: 3, lsn: 1_000n }],
    ['is none where the end is not known', { walEnd: null, fork: end(2, 500) }, null],
    ['prefers the end to the fork', { ...primaryServer, fork: end(1, 500) }, { reignTerm: 3, lsn: 1_000n }],
  ])('%s', (_, server, expected) => {
    expect(ownPosition(standby({ server }))).toEqual(expected);
  });
});

describe('the status of a follower', () => {
  it('says everything that peers and people ask for', () => {
    const primarySeen = { nodeId: id(1), term: 3, phase: 'writable', heardAtMs: startMs } as const;
    const state = standby({ state: { primary: primarySeen, lease: heldByOne, walMovedAtMs: startMs - 7 } });
    expect(protocolStatus(state, startMs)).toEqual({
      nodeId: 2,
      incarnation: 'incarnation-2',
      startCounter: 1,
      term: 3,
      configurationVersion: { term: 3, counter: 1 },
      role: 'follower',
      phase: null,
      primary: 1,
      leaseHolder: 1,
      leaseRemainingMs: 500,
      walStillMs: 7,
      isPromotable: true,
      notPromotableReason: null,
      position: { reignTerm: 3, lsn: 1_000n },
      walEnd: { timeline: 2, lsn: 1_000n },
      priority: 100,
      paused: false,
      manual: false,
      reigns,
      highestTimeline: 2,
      voterIds: [1, 2, 3],
      votersHeard: [],
    });
  });

  it('says that it is bound until its lease ends, to the millisecond', () => {
    const state = standby({ state: { lease: heldByOne } });
    expect(protocolStatus(state, startMs + 499)).toMatchObject({ leaseHolder: 1, leaseRemainingMs: 1 });
    expect(protocolStatus(state, startMs + 500)).toMatchObject({ leaseHolder: null, leaseRemainingMs: 0 });
    expect(protocolStatus(state, startMs + 501)).toMatchObject({ leaseHolder: null, leaseRemainingMs: 0 });
  });

  it('counts the wait after a start as a promise to nobody', () => {
    const state = standby({ state: { listeningSinceMs: startMs - 1_000 } });
    expect(protocolStatus(state, startMs)).toMatchObject({
      leaseHolder: null,
      leaseRemainingMs: leaseMs - 1_000,
    });
  });

  it('names the longer of lease and wait', () => {
    const lease = { holder: id(1), term: 3, untilMs: startMs + 2_500 };
    const state = standby({ state: { listeningSinceMs: startMs - 1_000, lease } });
    expect(protocolStatus(state, startMs)).toMatchObject({ leaseHolder: 1, leaseRemainingMs: 2_500 });
  });

  it('names no endless wait, which no message could carry', () => {
    const state = standby({ state: { listeningSinceMs: null } });
    expect(protocolStatus(state, startMs).leaseRemainingMs).toBe(0);
  });

  it('says why it may not be promoted, and what the configuration says', () => {
    expect(protocolStatus(standby(paused), startMs)).toMatchObject({
      isPromotable: false,
      notPromotableReason: 'failover is paused',
      paused: true,
      manual: false,
    });
    expect(protocolStatus(standby(manual), startMs)).toMatchObject({ paused: false, manual: true });
  });

  it('is complete before there is a configuration', () => {
    const state = standby({ durable: { configuration: null } });
    expect(protocolStatus(state, startMs)).toMatchObject({
      configurationVersion: null,
      paused: false,
      manual: false,
      voterIds: [],
      votersHeard: [],
    });
  });
});

describe('the status of a primary', () => {
  it('names itself as long as enough of the lease is left to fence', () => {
    const state = primary();
    expect(protocolStatus(state, startMs + usableLeaseMs - 1)).toMatchObject({
      role: 'primary',
      phase: 'writable',
      primary: 1,
      leaseHolder: 1,
      leaseRemainingMs: leaseMs - usableLeaseMs + 1,
    });
    expect(protocolStatus(state, startMs + usableLeaseMs)).toMatchObject({ primary: 1, leaseHolder: null });
  });

  it('is that of a winner while it promotes', () => {
    const sighting = { nodeId: id(3), term: 2, phase: 'writable', heardAtMs: 0 } as const;
    const state = primary({ state: { role: 'promoting', primary: sighting }, reign: { phase: 'promoting' } });
    expect(protocolStatus(state, startMs)).toMatchObject({ phase: 'promoting', primary: 1, leaseHolder: 1 });
  });

  it('names nobody as holder where no round was acknowledged', () => {
    const state = primary({ reign: { acknowledgedAtMs: {} } });
    expect(protocolStatus(state, startMs)).toMatchObject({ leaseHolder: null, leaseRemainingMs: 0 });
  });

  it.each([
    ['just within', leaseMs - 1, [1, 2]],
    ['exactly', leaseMs, [1]],
    ['just past', leaseMs + 1, [1]],
  ])('counts voters as heard that acknowledged %s a lease ago', (_, agoMs, heard) => {
    const state = primary({ reign: { acknowledgedAtMs: { 2: startMs - agoMs } } });
    expect(protocolStatus(state, startMs).votersHeard).toEqual(heard);
  });

  it('counts nobody as heard that is no voter', () => {
    const state = primary({ reign: { acknowledgedAtMs: { 2: startMs, 9: startMs } } });
    expect(protocolStatus(state, startMs).votersHeard).toEqual([1, 2]);
  });

  it('hears nobody without a configuration', () => {
    const state = primary({ durable: { configuration: null } });
    expect(protocolStatus(state, startMs)).toMatchObject({ votersHeard: [], leaseRemainingMs: 0 });
  });
});
