import { describe, expect, it } from 'vitest';
import { mayOpen } from '../../../../src/decisions/failover/may-open.ts';
import {
  Core,
  configuration,
  end,
  goneServer,
  leaseMs,
  primary,
  standby,
  startMs,
  status,
} from './core-fixture.ts';

const paused = { configuration: { ...configuration, paused: true } };
const verdict = (core: Core): string => mayOpen(core.state, core.nowMs).mayOpen;
const gone = { type: 'observed', server: goneServer, walMovedAtMs: null } as const;
const assessment = { walEnd: end(2, 1_000), redoBytes: 1_000_000_000n, wasShutDown: false };

describe('mayOpen', () => {
  it('is no for whoever holds no lease, and says who reigns', () => {
    expect(verdict(new Core(standby()))).toBe('no');
    const following = standby({
      state: { primary: { nodeId: configuration.voters[0]?.nodeId ?? 0, heardAtMs: startMs } as never },
    });
    expect(mayOpen(following, startMs).reason).toContain('node 1 is the primary');
  });

  it('is no once the lease has run out', () => {
    expect(mayOpen(primary(), startMs + leaseMs).mayOpen).toBe('no');
  });

  it('is undecided while a crash is assessed: another may take over', () => {
    const core = new Core(primary()).feed(gone);
    expect(core.state.role).toBe('primary');
    expect(verdict(core)).toBe('undecided');
    core.finish({ kind: 'assessCrash', assessment, reason: null });
    expect(verdict(core)).toBe('undecided');
  });

  it('is no after the hand-over', () => {
    const core = new Core(primary()).feed(gone);
    core.finish({ kind: 'assessCrash', assessment, reason: null }).answerStatus(2, status(2), -3);
    expect(core.state.role).toBe('handing over');
    expect(verdict(core)).toBe('no');
  });

  it('is yes when the daemon itself starts it under the lease', () => {
    const core = new Core(primary()).feed(gone);
    core.finish({ kind: 'assessCrash', assessment, reason: null });
    for (const nodeId of [2, 3]) core.answerStatus(nodeId, status(nodeId, { isPromotable: false }), -3);
    expect(core.has('startPrimary')).toBe(true);
    expect(verdict(core)).toBe('yes');
  });

  it('is undecided while the server is taken for running', () => {
    expect(verdict(new Core(primary()))).toBe('undecided');
    expect(verdict(new Core(primary({ durable: paused })))).toBe('undecided');
  });

  it('is yes under a pause, where the operator stops and starts, as long as the lease is held', () => {
    const core = new Core(primary({ durable: paused })).feed(gone);
    expect(verdict(core)).toBe('yes');
    expect(mayOpen(core.state, startMs + leaseMs).mayOpen).toBe('no');
  });
});
