import { describe, expect, it } from 'vitest';
import { ownPosition } from '../../../../src/decisions/failover/status.ts';
import { Core, configuration, end, primaryServer, standby, startMs, status } from './core-fixture.ts';

const manual = { ...configuration, manual: true };
const server = { ...primaryServer, walEnd: end(3, 5_000), fork: end(2, 1_000) };

describe('a server that was promoted by hand', () => {
  it('counts up to the fork of its timeline', () => {
    expect(ownPosition(standby({ server }))).toEqual({ reignTerm: 3, lsn: 1_000n });
    expect(ownPosition(standby({ server: { ...server, fork: null } }))).toBeNull();
    expect(ownPosition(standby({ server: { ...server, recoveryState: 'standby' } }))).toBeNull();
  });

  it.each([
    ['failover is manual', manual],
    ['failover is paused', { ...configuration, paused: true }],
    ['failover is automatic', configuration],
  ])('is elected where it is while %s, and its reign begins at the fork', (_, stored) => {
    const core = new Core(
      standby({ server, durable: { configuration: stored }, state: { serverChangedAtMs: startMs } }),
    );
    core.feed({ type: 'tick' });
    core.answerStatus(1, null);
    core.answerStatus(3, status(3, { manual: stored.manual, paused: stored.paused }));
    core.answer('prevote', { granted: true, position: null }, [3]);
    core.answer('vote', { granted: true, position: null }, [3]);
    expect(core.nowMs).toBe(startMs);
    expect(core.state).toMatchObject({ role: 'primary', reign: { term: 4, phase: 'writable' } });
    expect(core.state.durable.reigns.at(-1)).toMatchObject({
      term: 4,
      timeline: 3,
      parentTimeline: 2,
      forkLsn: 1_000n,
    });
  });
});
