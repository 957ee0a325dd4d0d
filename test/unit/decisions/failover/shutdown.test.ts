import { describe, expect, it } from 'vitest';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import {
  Core,
  configuration,
  end,
  goneServer,
  heartbeat,
  id,
  leaseMs,
  primary,
  primaryServer,
  standby,
  standbyServer,
  status,
} from './core-fixture.ts';

const shutDown = { ...goneServer, wasShutDown: true };
const assessment = { walEnd: end(2, 1_000), redoBytes: 0n, wasShutDown: true };
const assessed = { kind: 'assessCrash', assessment, reason: null } as const;
const behind = { position: { reignTerm: 3, lsn: 900n as Lsn } };

function announced(isForced = false, core = new Core(primary())): Core {
  return core.feed({ type: 'shutdownRequested', replyTo: 'asked', isForced, timeoutMs: 60_000 });
}

/** The operator stops PostgreSQL; both standbys answer. */
function stopped(isForced = false, answers: Parameters<typeof status>[1] = {}): Core {
  const core = announced(isForced);
  core.feed({ type: 'observed', server: shutDown, walMovedAtMs: null });
  const effects = [...core.finish(assessed).effects];
  for (const nodeId of [2, 3])
    effects.push(...core.answerStatus(nodeId, status(nodeId, answers), -3).effects);
  core.effects = effects;
  return core;
}

const heir = (): ReturnType<typeof heartbeat> =>
  heartbeat({
    term: 4,
    primary: id(2),
    configuration: { ...configuration, version: { term: 4, counter: 1 } },
  });

describe('a shutdown that is announced', () => {
  it('is stored as the intent to stay down before it is answered', () => {
    const core = announced();
    expect(core.types().indexOf('persist')).toBeLessThan(core.types().indexOf('reply'));
    expect(core.one('persist').durable.intent).toBe('standby');
    expect(core.reply()).toEqual({ ok: true });
  });

  it.each([
    ['of a standby', new Core(standby())],
    ['of a primary that does not run', new Core(primary({ server: shutDown }))],
    ['without a lease', new Core(primary({ reign: { acknowledgedAtMs: {}, graceUntilMs: 2_000_000 } }))],
  ])('is refused %s', (_, core) => {
    expect(announced(false, core).reply()).toMatchObject({ ok: false });
  });

  it('is hand-over and no restart, and PostgreSQL stays down', () => {
    const core = stopped();
    expect(core.sent('transfer')).toHaveLength(1);
    expect(core.state.durable).toMatchObject({ intent: 'standby', endedReigns: [3] });
    core.request(2, heir());
    core.feed({ type: 'observed', server: shutDown, walMovedAtMs: null }).after(10 * leaseMs);
    expect(core.has('rejoin') || core.has('startPrimary') || core.has('startStandby')).toBe(false);
    expect(core.state.role).toBe('fenced');
  });

  it('stays down when nobody takes over', () => {
    const core = stopped().after(leaseMs);
    core.answerTransfer(3, { accepted: false, reason: 'no' }).after(10 * leaseMs);
    expect(core.has('startPrimary') || core.sent('vote').length > 0).toBe(false);
  });

  it('is forgotten once the operator has started PostgreSQL again', () => {
    const core = stopped();
    core.request(2, heir());
    core.feed({ type: 'observed', server: standbyServer, walMovedAtMs: null });
    expect(core.state).toMatchObject({ role: 'follower', shutdown: null });
  });

  it('is taken back when no standby has everything: nothing is lost', () => {
    const core = stopped(false, behind);
    expect(core.has('startPrimary')).toBe(true);
    expect(core.state.durable.intent).toBe('primary');
  });

  it('by force is handed over to the best there is', () => {
    const core = stopped(true, behind);
    expect(core.sent('transfer')).toHaveLength(1);
    expect(core.has('startPrimary')).toBe(false);
  });

  it('by force ends the reign also without an heir', () => {
    const core = stopped(true, { isPromotable: false });
    expect(core.has('startPrimary')).toBe(false);
    expect(core.has('markStandby')).toBe(true);
    expect(core.state).toMatchObject({ role: 'fenced', reign: null, durable: { endedReigns: [3] } });
    expect(core.after(10 * leaseMs).has('startPrimary')).toBe(false);
  });

  it('stays down also when the lease is lost on the way', () => {
    const core = announced(true).after(leaseMs);
    expect(core.state).toMatchObject({ role: 'fencing', durable: { intent: 'standby' } });
  });

  it('is forgotten when PostgreSQL is not stopped in time', () => {
    const core = announced();
    core.state = { ...core.state, shutdown: { isForced: false, untilMs: core.nowMs + 100 } };
    core.sleep(100).feed({ type: 'observed', server: primaryServer, walMovedAtMs: null });
    expect(core.state).toMatchObject({ shutdown: null, role: 'primary', durable: { intent: 'primary' } });
  });
});
