import { describe, expect, it } from 'vitest';
import type { CrashAssessment } from '../../../../src/decisions/failover/state.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import { Core, end, goneServer, leaseMs, primary, startMs, status } from './core-fixture.ts';

const assessment: CrashAssessment = { walEnd: end(2, 1_000), redoBytes: 1_000_000_000n, wasShutDown: false };
const assessed = { kind: 'assessCrash', assessment, reason: null } as const;
const behind = { position: { reignTerm: 3, lsn: 900n as Lsn } };

function crashed(overrides: Parameters<typeof primary>[0] = {}): Core {
  return new Core(primary(overrides)).feed({ type: 'observed', server: goneServer, walMovedAtMs: null });
}

/** The disk is read, then both standbys say where they are; all effects of it together. */
function decided(core: Core, overrides: Parameters<typeof status>[1] = {}): Core {
  const effects = [...core.finish(assessed).effects];
  for (const nodeId of [2, 3])
    effects.push(...core.answerStatus(nodeId, status(nodeId, overrides), -3).effects);
  core.effects = effects;
  return core;
}

describe('PostgreSQL gone under a living daemon', () => {
  it('is assessed while the standbys are asked and heartbeats go on as restarting', () => {
    const core = crashed();
    expect(core.has('assessCrash')).toBe(true);
    expect(core.sent('status')).toHaveLength(2);
    expect(core.sent('heartbeat')[0]?.request.body).toMatchObject({ phase: 'restarting', term: 3 });
  });

  it('is handed over where a standby has everything', () => {
    const core = decided(crashed());
    const types = core.types();
    expect(core.sent('transfer')[0]).toMatchObject({
      to: { nodeId: 2 },
      request: { body: { token: { term: 3, nextTerm: 4, issuer: 1, target: 2 } } },
    });
    expect(types.indexOf('persist')).toBeLessThan(types.indexOf('markStandby'));
    expect(types.indexOf('markStandby')).toBeLessThan(types.lastIndexOf('send'));
    const stored = core.all('persist').map((effect) => effect.durable);
    expect(stored).toContainEqual(expect.objectContaining({ endedReigns: [3], intent: 'fenced' }));
    expect(core.state).toMatchObject({ role: 'handing over', reign: null });
  });

  it('ends the reign for good: no heartbeat, no start follows', () => {
    const core = decided(crashed()).after(1_900);
    expect(core.sent('heartbeat')).toEqual([]);
    expect(core.has('startPrimary')).toBe(false);
  });

  it('is restarted in place where nobody has everything, and only under the lease', () => {
    const core = decided(crashed(), behind);
    expect(core.has('startPrimary')).toBe(true);
    core.after(leaseMs);
    expect(core.state.role).toBe('fencing');
  });

  it('is writable again after the restart', () => {
    const core = decided(crashed(), behind);
    core.finish({ kind: 'startPrimary', isWritable: true, reason: null });
    expect(core.state).toMatchObject({
      role: 'primary',
      handover: null,
      reign: { term: 3, phase: 'writable' },
    });
    expect(core.one('afterOpening').kind).toBe('restarted');
    expect(core.one('notify').event).toBe('repmgrd_crash_restart');
  });

  it('is handed over after all when the restart fails', () => {
    const core = decided(crashed(), behind);
    core.finish({ kind: 'startPrimary', isWritable: false, reason: 'no' });
    expect(core.sent('transfer')).toHaveLength(1);
  });

  it('is fenced when the restart fails and nobody may be promoted', () => {
    const core = decided(crashed(), { isPromotable: false });
    core.finish({ kind: 'startPrimary', isWritable: false, reason: 'no' });
    expect(core.state.role).toBe('fencing');
  });

  it('is fenced when what is left of it cannot be cleared away', () => {
    const core = crashed().finish({ kind: 'assessCrash', assessment: null, reason: 'no' });
    expect(core.state.role).toBe('fencing');
  });

  it('does not wait for the others once one standby has everything', () => {
    const core = crashed().finish(assessed).answerStatus(2, status(2), -3);
    expect(core.sent('transfer')).toHaveLength(1);
  });

  it('waits for silent standbys half a second, no longer', () => {
    const core = crashed().finish(assessed).answerStatus(2, status(2, behind), -3);
    expect(core.has('startPrimary')).toBe(false);
    expect(core.after(500).has('startPrimary')).toBe(true);
  });
});

describe('a target that does not take over', () => {
  const handed = () => decided(crashed());

  it('that refuses leaves the token of the same term to the next best', () => {
    const core = handed().answerTransfer(2, { accepted: false, reason: 'no' });
    expect(core.sent('transfer')[0]).toMatchObject({
      to: { nodeId: 3 },
      request: { body: { token: { nextTerm: 4 } } },
    });
  });

  it('that stays silent too', () => {
    const core = handed().after(2_000);
    expect(core.sent('transfer')[0]?.to.nodeId).toBe(3);
  });

  it('leaves it to this node in the end, in a newer term', () => {
    const core = handed().answerTransfer(2, { accepted: false }).answerTransfer(3, { accepted: false });
    expect(core.state.handover).toBeNull();
    expect(core.state.role).toBe('candidate');
    expect(core.nowMs).toBe(startMs);
  });
});
