import { describe, expect, it } from 'vitest';
import { isProbing, onPrimaryProbed, probeDueMs } from '../../../../src/decisions/failover/primary-probe.ts';
import type { CoreState, PrimaryProbe } from '../../../../src/decisions/failover/state.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import { Core, configuration, heartbeat, id, leaseMs, primary, standby, startMs } from './core-fixture.ts';

const lease = { holder: id(1), term: 3, untilMs: startMs + 2_000 };
const asked = (overrides: Partial<PrimaryProbe> = {}): PrimaryProbe => ({
  id: 5,
  holder: id(1),
  startedAtMs: startMs + 1_000,
  isWritable: null,
  ...overrides,
});
const at = (state: Partial<CoreState>, overrides: Parameters<typeof standby>[0] = {}) =>
  new Transition(standby({ ...overrides, state: { lease, ...state } }), startMs, 0);

/** The priority keeps the standby from standing, so that nothing but the probe is looked at. */
const bystander = (state: Partial<CoreState> = {}) =>
  new Core(standby({ parameters: { priority: 0 }, state: { lease, ...state } })).feed({ type: 'tick' });

describe('the server of a silent primary', () => {
  it('is asked one second before the lease ends, once', () => {
    const core = bystander().after(999);
    expect(core.has('probePrimary')).toBe(false);
    core.after(1);
    expect(core.one('probePrimary')).toMatchObject({ primary: { nodeId: 1 }, timeoutMs: 1_000 });
    expect(core.state.probe).toMatchObject({
      id: core.one('probePrimary').scope,
      holder: 1,
      startedAtMs: startMs + 1_000,
      isWritable: null,
    });
    expect(core.after(5_000).has('probePrimary')).toBe(false);
  });

  it('is asked a third of a short lease before its end', () => {
    const short = { durable: { configuration: { ...configuration, leaseMs: 1_200 } } };
    expect(probeDueMs(at({}, short))).toBe(startMs + 1_600);
    const core = new Core(standby({ ...short, state: { lease } })).feed({ type: 'tick' }).after(1_600);
    expect(core.one('probePrimary').timeoutMs).toBe(400);
  });

  it('is asked one second before the end of a long lease too', () => {
    const long = { durable: { configuration: { ...configuration, leaseMs: 60_000 } } };
    expect(probeDueMs(at({}, long))).toBe(startMs + 1_000);
  });

  it('is not asked as long as heartbeats come', () => {
    const core = bystander();
    for (let second = 0; second < 5; second += 1) {
      core.after(900);
      expect(core.has('probePrimary')).toBe(false);
      core.request(1, heartbeat());
    }
  });

  it('is asked anew at the end of each lease', () => {
    const core = bystander().after(1_000);
    core.request(1, heartbeat());
    expect(core.after(leaseMs - 1_001).has('probePrimary')).toBe(false);
    expect(core.after(1).has('probePrimary')).toBe(true);
  });

  it('is asked also when another was asked before', () => {
    const core = bystander({ probe: asked({ holder: id(3) }) }).after(1_000);
    expect(core.one('probePrimary').primary.nodeId).toBe(1);
  });

  it('is asked by the candidate itself when it stands', () => {
    const core = new Core(standby({ state: { lease: { ...lease, untilMs: startMs } } })).feed({
      type: 'tick',
    });
    expect(core.all('probePrimary')).toHaveLength(1);
  });

  it('is not asked by one that it has handed over to', () => {
    const core = new Core(standby({ state: { lease: { ...lease, untilMs: startMs + 500 } } }));
    const token = { term: 3, nextTerm: 4, issuer: id(1), target: id(2) };
    core.request(1, { message: 'transfer', body: { token, reigns: [], highestTimeline: 2 } });
    expect(core.state.campaign).not.toBeNull();
    expect(core.has('probePrimary')).toBe(false);
  });

  it.each([
    ['without a lease', { lease: null }],
    ['under the own lease', { lease: { ...lease, holder: id(2) } }],
    ['while it reigns itself', { reign: primary().reign }],
    ['while it fences', { role: 'fencing' }],
    ['while it hands over', { role: 'handing over' }],
    ['while it rejoins', { role: 'rejoining' }],
  ] satisfies [string, Partial<CoreState>][])('is not asked %s', (_, state) => {
    expect(probeDueMs(at(state))).toBeNull();
  });

  it.each(['follower', 'candidate', 'fenced'] as const)('is asked by a %s', (role) => {
    expect(probeDueMs(at({ role }))).toBe(startMs + 1_000);
  });

  it('counts as asked only if that was near the end of this lease', () => {
    expect(probeDueMs(at({ probe: asked() }))).toBeNull();
    expect(probeDueMs(at({ probe: asked({ startedAtMs: startMs + 999 }) }))).toBe(startMs + 1_000);
  });

  it('is not asked where it is no voter: there is no address', () => {
    const core = bystander({ lease: { ...lease, holder: id(9) } }).after(3_000);
    expect(core.has('probePrimary')).toBe(false);
  });
});

describe('the answer', () => {
  it.each([true, false])('is kept: writable %s', (isWritable) => {
    const transition = at({ probe: asked() });
    onPrimaryProbed(transition, 5, isWritable);
    expect(transition.state.probe).toEqual(asked({ isWritable }));
  });

  it('that comes when nobody stands is kept for the next candidacy', () => {
    const core = bystander().after(1_000);
    core.feed({ type: 'primaryProbed', scope: core.one('probePrimary').scope, isWritable: true });
    expect(core.state).toMatchObject({ campaign: null, probe: { isWritable: true } });
  });

  it('to an earlier question counts for nothing', () => {
    const transition = at({ probe: asked() });
    onPrimaryProbed(transition, 4, true);
    expect(transition.state.probe).toEqual(asked());
    const none = at({ probe: null });
    onPrimaryProbed(none, 4, true);
    expect(none.state.probe).toBeNull();
  });

  it.each([
    ['while there is none', { probe: asked() }, true],
    ['no longer when it is there', { probe: asked({ isWritable: false }) }, false],
    ['not where nobody was asked', { probe: null }, false],
    ['not from the server of somebody else', { probe: asked({ holder: id(3) }) }, false],
    ['not without a lease', { probe: asked(), lease: null }, false],
  ])('is waited for %s', (_, state, expected) => {
    expect(isProbing(at(state))).toBe(expected);
  });
});
