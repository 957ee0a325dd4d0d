import { describe, expect, it } from 'vitest';
import { Core, end, id, primary, standby } from './core-fixture.ts';

const walEnd = end(2, 1_000);

function fencing(): Core {
  return new Core(primary({ reign: { acknowledgedAtMs: {} } })).feed({ type: 'tick' });
}

describe('a fence', () => {
  it('goes out ahead of everything that has to be stored', () => {
    const types = fencing().types();
    expect(types).toContain('fence');
    expect(types.indexOf('fence')).toBeLessThan(types.indexOf('persist'));
  });

  it('ends reign, candidacy and hand-over and stores that it was', () => {
    const core = fencing();
    expect(core.state).toMatchObject({ reign: null, campaign: null, handover: null, pendingVote: null });
    expect(core.one('persist').durable.intent).toBe('fenced');
  });

  it('is repeated until it is verified', () => {
    const core = fencing().finish({ kind: 'fence', isVerified: false, walEnd: null });
    expect(core.has('fence')).toBe(true);
    expect(core.state.role).toBe('fencing');
    expect(core.one('notify')).toMatchObject({ event: 'repmgrd_fence', successful: false });
  });

  it('leaves a server that will start in recovery only', () => {
    const core = fencing().finish({ kind: 'fence', isVerified: true, walEnd });
    expect(core.has('markStandby')).toBe(true);
    expect(core.state).toMatchObject({ durable: { intent: 'fenced' }, server: { verdict: 'gone', walEnd } });
  });

  it('makes the result of what was done to the server before void', () => {
    const core = new Core(
      primary({
        reign: { phase: 'promoting', acknowledgedAtMs: {} },
        state: { role: 'promoting', operation: { kind: 'promote', id: 1, startedAtMs: 0 } },
      }),
    ).feed({ type: 'tick' });
    const promoted = { timeline: walEnd.timeline, forkLsn: walEnd.lsn };
    core.feed({
      type: 'operationFinished',
      id: 1,
      result: { kind: 'promote', promoted, reason: null },
    });
    expect(core.state.role).toBe('fencing');
    expect(core.has('afterOpening')).toBe(false);
  });

  it('comes at once for a server found open after a fence, I5', () => {
    const core = new Core(
      standby({
        nodeId: 1,
        durable: { intent: 'fenced' },
        server: { recoveryState: 'primary', upstream: null },
        state: { role: 'fenced' },
      }),
    ).feed({ type: 'tick' });
    expect(core.has('fence')).toBe(true);
  });

  it('comes after one lease for a server that is open without one, §8', () => {
    const core = new Core(
      standby({
        server: { recoveryState: 'primary', upstream: null },
        state: { serverChangedAtMs: 1_000_000, nextCampaignAtMs: 2_000_000, primary: null },
      }),
    ).feed({ type: 'tick' });
    expect(core.has('fence')).toBe(false);
    core.after(2_999);
    expect(core.has('fence')).toBe(false);
    expect(core.after(1).has('fence')).toBe(true);
  });

  it('is none of a witness', () => {
    const core = new Core(
      standby({
        parameters: { isWitness: true },
        server: { recoveryState: 'primary', upstream: id(1) },
        state: { serverChangedAtMs: 0 },
      }),
    );
    expect(core.feed({ type: 'tick' }).after(10_000).has('fence')).toBe(false);
  });
});
