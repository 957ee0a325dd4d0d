import { describe, expect, it } from 'vitest';
import { newCampaign } from '../../../../src/decisions/failover/campaign-stage.ts';
import { campaignDueMs, isOpenServer } from '../../../../src/decisions/failover/candidacy.ts';
import type { CoreState } from '../../../../src/decisions/failover/state.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import {
  Core,
  goneServer,
  id,
  leaseMs,
  primary,
  primaryServer,
  standby,
  startMs,
  voteRequest,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const at = (state: CoreState) => new Transition(state, startMs, 0);
const due = (overrides: Overrides = {}) => campaignDueMs(at(standby(overrides)));
const lease = { holder: id(1), term: 3, untilMs: startMs + 700 };
const fenced = { nodeId: 1, durable: { intent: 'fenced' }, server: goneServer } as const;

describe('a node does not stand at all', () => {
  it.each([
    ['while it does already', { campaign: newCampaign(at(standby()), 'gathering', null) }],
    ['while its server is being worked on', { operation: { kind: 'follow', id: 1, startedAtMs: startMs } }],
    ['while it gives a vote', { pendingVote: { replyTo: 'x', request: voteRequest() } }],
    ['without a listener', { listeningSinceMs: null }],
    ['while it fences', { role: 'fencing' }],
    ['while it promotes', { role: 'promoting' }],
    ['while it hands over', { role: 'handing over' }],
    ['while it rejoins', { role: 'rejoining' }],
  ] satisfies [string, Partial<CoreState>][])('%s', (_, state) => {
    expect(due({ state })).toBeNull();
  });

  it('while it reigns', () => {
    const { reign } = primary();
    expect(due({ state: { reign } })).toBeNull();
  });

  it('while it may not be promoted', () => {
    expect(due({ parameters: { priority: 0 } })).toBeNull();
  });
});

describe('a node may stand', () => {
  it('at once when nothing holds it', () => {
    expect(due()).toBeLessThanOrEqual(startMs);
    expect(due({ ...fenced, state: { role: 'fenced' } })).toBeLessThanOrEqual(startMs);
  });

  it.each([
    ['the end of its lease', { lease }, startMs + 700],
    ['one lease after WAL moved last', { walMovedAtMs: startMs - 1 }, startMs - 1 + leaseMs],
    ['one lease after its start', { listeningSinceMs: startMs - 400 }, startMs - 400 + leaseMs],
    ['the end of its pause after a failure', { nextCampaignAtMs: startMs + 90 }, startMs + 90],
  ])('from %s', (_, state, expected) => {
    expect(due({ state })).toBe(expected);
  });

  it('from the latest of these', () => {
    const all = {
      lease,
      walMovedAtMs: startMs - 1_000,
      listeningSinceMs: startMs - 1_001,
      nextCampaignAtMs: startMs,
    };
    expect(due({ state: all })).toBe(startMs + 2_000);
    expect(due({ state: { ...all, nextCampaignAtMs: startMs + 2_001 } })).toBe(startMs + 2_001);
  });

  it('although it promised a lease, when it did so to itself', () => {
    const state = { lease: { ...lease, holder: id(2) }, walMovedAtMs: null };
    expect(due({ state })).toBeLessThanOrEqual(startMs);
  });

  it('never where no WAL ever came, because of WAL', () => {
    expect(due({ state: { walMovedAtMs: null } })).toBeLessThanOrEqual(startMs);
  });

  it('right after its start, when the last term was its own', () => {
    const state = { role: 'fenced', listeningSinceMs: startMs } as const;
    expect(due({ ...fenced, state })).toBeLessThanOrEqual(startMs);
    const voted = { ...fenced.durable, votedFor: id(3) };
    expect(due({ ...fenced, durable: voted, state })).toBe(startMs + leaseMs);
  });

  it('where its server is open, without the waits for a start and for WAL, but not under the lease of another', () => {
    const state = { listeningSinceMs: startMs, walMovedAtMs: startMs };
    expect(due({ server: primaryServer, state })).toBeLessThanOrEqual(startMs);
    expect(due({ server: primaryServer, state: { ...state, lease } })).toBe(startMs + 700);
    expect(due({ server: primaryServer, state: { ...state, listeningSinceMs: null } })).toBeNull();
  });
});

describe('a candidacy begins', () => {
  it.each([
    ['the lease ends', { lease }, 700],
    ['WAL has been still for a lease', { walMovedAtMs: startMs - 2_000 }, 1_000],
  ])('exactly when %s', (_, state, afterMs) => {
    const core = new Core(standby({ state })).feed({ type: 'tick' }).after(afterMs - 1);
    expect(core.state).toMatchObject({ role: 'follower', campaign: null });
    core.after(1);
    expect(core.state).toMatchObject({ role: 'candidate', campaign: { startedAtMs: startMs + afterMs } });
  });
});

describe('isOpenServer', () => {
  it.each([
    ['a primary that is up', { server: primaryServer }, true],
    ['a standby', {}, false],
    ['a primary that is busy', { server: { ...primaryServer, verdict: 'busy' } }, false],
    ['a server that is gone', { server: goneServer }, false],
    ['the PostgreSQL of a witness', { server: primaryServer, parameters: { isWitness: true } }, false],
  ] satisfies [string, Overrides, boolean][])('%s', (_, overrides, expected) => {
    expect(isOpenServer(at(standby(overrides)))).toBe(expected);
  });
});
