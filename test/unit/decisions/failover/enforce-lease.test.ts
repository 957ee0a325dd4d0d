import { describe, expect, it } from 'vitest';
import { leaseMarginMs } from '../../../../src/decisions/failover/lease.ts';
import { Core, configuration, leaseMs, primary, standby, startMs } from './core-fixture.ts';

const fenceAfterMs = leaseMs - leaseMarginMs(leaseMs) - 700;

describe('the lease is enforced', () => {
  it('by a fence at its time, not before', () => {
    const core = new Core(primary()).feed({ type: 'tick' });
    core.after(fenceAfterMs - 1);
    expect(core.has('fence')).toBe(false);
    core.after(1);
    expect(core.one('fence').deadlineMs).toBe(core.nowMs + 700);
    expect(core.state).toMatchObject({ role: 'fencing', reign: null });
  });

  it('from the sending of a round, not from its answer', () => {
    const core = new Core(primary()).feed({ type: 'tick' });
    core.after(2_000).answerHeartbeat(2, {}, startMs + 100);
    core.after(fenceAfterMs + 99 - 2_000);
    expect(core.state.role).toBe('primary');
    core.after(1);
    expect(core.state.role).toBe('fencing');
  });

  it('not by a refusal: that is no acknowledgement', () => {
    const core = new Core(primary()).feed({ type: 'tick' }).after(2_000);
    core.answerHeartbeat(2, { accepted: false, reason: 'no' }).answerHeartbeat(3, { accepted: false });
    core.after(fenceAfterMs - 2_000);
    expect(core.state.role).toBe('fencing');
  });

  it.each([
    ['stored by a majority', { 1: '3.1', 2: '3.1' }, 'primary'],
    ['stored by this node alone', { 1: '3.1' }, 'fencing'],
    ['stored in another version', { 1: '3.1', 2: '3.0', 3: '2.1' }, 'fencing'],
  ])('unless a pause was %s', (_, configurationStoredBy, role) => {
    const paused = { ...configuration, paused: true };
    const core = new Core(primary({ durable: { configuration: paused }, reign: { configurationStoredBy } }));
    expect(core.feed({ type: 'tick' }).after(leaseMs).state.role).toBe(role);
  });
});

describe('a jump of the clock', () => {
  it('voids what was acknowledged before; a round sent afterwards gives the lease back', () => {
    const core = new Core(primary()).feed({ type: 'tick' });
    core.sleep(250 + 200).feed({ type: 'tick' });
    expect(core.state.reign?.graceUntilMs).toBe(core.nowMs + 700);
    expect(core.sent('heartbeat')).toHaveLength(2);
    core.answerHeartbeat(2, {}, core.nowMs);
    core.answerHeartbeat(3, {}, core.nowMs - 300);
    core.after(701);
    expect(core.state).toMatchObject({ role: 'primary' });
    expect(core.state.reign?.graceUntilMs).toBeNull();
  });

  it('leads to the fence when no newer round is acknowledged in time', () => {
    const core = new Core(primary()).feed({ type: 'tick' });
    core.sleep(250 + 200).feed({ type: 'tick' });
    core.answerHeartbeat(2, {}, startMs + 10).answerHeartbeat(3, {}, startMs + 10);
    expect(core.after(700).state.role).toBe('fencing');
  });

  it('past the end of the lease leads to the fence before anything else is looked at', () => {
    const core = new Core(primary()).feed({ type: 'tick' });
    core.sleep(fenceAfterMs + 500);
    core.answerHeartbeat(2, {}, startMs + 10);
    expect(core.has('fence')).toBe(true);
  });

  it('makes a voter behave as just started', () => {
    const core = new Core(standby({ parameters: { priority: 0 } })).feed({ type: 'tick' });
    core.sleep(leaseMs).feed({ type: 'tick' });
    expect(core.state.listeningSinceMs).toBe(core.nowMs);
  });

  it('is none within the margin', () => {
    const core = new Core(primary()).feed({ type: 'tick' });
    core.sleep(250 + 100).feed({ type: 'tick' });
    expect(core.state.reign?.graceUntilMs).toBeNull();
  });
});
