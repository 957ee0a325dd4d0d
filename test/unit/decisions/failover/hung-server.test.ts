import { describe, expect, it } from 'vitest';
import type { ServerObservation } from '../../../../src/decisions/failover/state.ts';
import {
  Core,
  configuration,
  end,
  goneServer,
  leaseMs,
  primary,
  primaryServer,
  standby,
  status,
} from './core-fixture.ts';

const silentServer: ServerObservation = {
  ...goneServer,
  verdict: 'busy',
  walEnd: null,
  isSilent: true,
};
const refusing: ServerObservation = { ...silentServer, isSilent: false };
const stuckServer: ServerObservation = { ...primaryServer, isWalStuck: true };

const look = (core: Core, server: ServerObservation): Core =>
  core.feed({ type: 'observed', server, walMovedAtMs: null });

const probed = (
  core: Core,
  scope: number,
  outcome: 'answered' | 'refused' | 'silent' | 'unclear' = 'silent',
): Core => core.feed({ type: 'serverProbed', scope, outcome, detail: 'no answer within 3000 ms' });

/** Time passes while everybody acknowledges the heartbeats. */
function pass(core: Core, ms: number): readonly number[] {
  const scopes: number[] = [];
  for (let passed = 0; passed < ms; passed += 100) {
    core.after(100);
    scopes.push(...core.all('probeServer').map((effect) => effect.scope));
    for (const nodeId of [2, 3]) core.answerHeartbeat(nodeId);
  }
  return scopes;
}

/** In doubt for a whole lease; returns the scope of its first probe. */
function silentForALease(core = new Core(primary())): { core: Core; scope: number } {
  look(core, silentServer);
  const { scope } = core.one('probeServer');
  pass(core, leaseMs);
  return { core, scope };
}

describe('a primary whose PostgreSQL gives no answer', () => {
  it('is asked over a new connection at once, and again while that one waits', () => {
    const core = look(new Core(primary()), silentServer);
    expect(core.one('probeServer').timeoutMs).toBe(leaseMs);
    expect(look(core, silentServer).has('probeServer')).toBe(false);
    expect(pass(core, leaseMs - 100)).toHaveLength(2);
    expect(core.state.role).toBe('primary');
  });

  it('hangs after a lease without any answer: it is killed and its WAL read, while the standbys are asked', () => {
    const { core, scope } = silentForALease();
    probed(core, scope);
    expect(core.has('assessCrash')).toBe(true);
    expect(core.sent('status')).toHaveLength(2);
    expect(core.one('notify')).toMatchObject({ event: 'repmgrd_local_disconnect', successful: false });
    expect(core.one('explain').explanation).toMatchObject({
      rule: '§5',
      text: 'PostgreSQL hangs: no answer to new connections for 3000 ms; it is killed',
      evidence: { silentMs: leaseMs, term: 3 },
    });
    expect(core.state.reign?.phase).toBe('restarting');
  });

  it('sends no token before it is verified that nothing of the server is left', () => {
    const { core, scope } = silentForALease();
    probed(core, scope);
    for (const nodeId of [2, 3]) core.answerStatus(nodeId, status(nodeId), -3);
    expect(core.sent('transfer')).toEqual([]);
    core.finish({ kind: 'assessCrash', assessment: null, reason: 'not verified' });
    expect(core.sent('transfer')).toEqual([]);
    expect(core.state.role).toBe('fencing');
  });

  it.each([
    ['has everything', 1_000],
    ['lacks the end of its WAL', 5_000],
  ])('is handed over although recovery would be short, where the best standby %s', (_, lsn) => {
    const { core, scope } = silentForALease();
    probed(core, scope);
    const assessment = { walEnd: end(2, lsn), redoBytes: 0n, wasShutDown: false };
    const effects = [...core.finish({ kind: 'assessCrash', assessment, reason: null }).effects];
    for (const nodeId of [2, 3]) effects.push(...core.answerStatus(nodeId, status(nodeId), -3).effects);
    core.effects = effects;
    expect(core.sent('transfer')[0]?.to.nodeId).toBe(2);
    expect(core.has('startPrimary')).toBe(false);
  });

  it('is started again in place where no standby may take over', () => {
    const { core, scope } = silentForALease();
    probed(core, scope);
    const assessment = { walEnd: end(2, 1_000), redoBytes: 0n, wasShutDown: false };
    const effects = [...core.finish({ kind: 'assessCrash', assessment, reason: null }).effects];
    for (const nodeId of [2, 3])
      effects.push(...core.answerStatus(nodeId, status(nodeId, { isPromotable: false }), -3).effects);
    core.effects = effects;
    expect(core.has('startPrimary')).toBe(true);
  });

  it('has as long as its configuration says', () => {
    const core = new Core(primary({ parameters: { hangTimeoutMs: 2 * leaseMs } }));
    const { scope } = silentForALease(core);
    expect(probed(core, scope).has('assessCrash')).toBe(false);
    pass(core, leaseMs);
    expect(probed(core, scope).has('assessCrash')).toBe(true);
  });

  it.each(['answered', 'refused', 'unclear'] as const)('is trusted again when a probe is %s', (outcome) => {
    const { core, scope } = silentForALease();
    probed(core, scope, outcome);
    expect(core.state.doubt).toBeNull();
    expect(probed(core, scope).has('assessCrash')).toBe(false);
  });

  it('is trusted again by an answer to a probe of an earlier doubt', () => {
    const core = look(new Core(primary()), silentServer);
    const { scope: former } = core.one('probeServer');
    look(core, primaryServer);
    look(core, silentServer);
    expect(core.state.doubt).not.toBeNull();
    probed(core, former, 'unclear');
    expect(core.state.doubt).not.toBeNull();
    probed(core, former, 'answered');
    expect(core.state.doubt).toBeNull();
  });

  it.each([
    ['answers a look', primaryServer],
    ['refuses one', refusing],
  ])('is trusted again when it %s', (_, server) => {
    const { core, scope } = silentForALease();
    look(core, server);
    expect(probed(core, scope).has('assessCrash')).toBe(false);
  });

  it('is never doubted while it refuses', () => {
    const core = new Core(primary());
    for (let second = 0; second < 30; second += 1) {
      look(core, refusing);
      expect(pass(core, 1_000)).toEqual([]);
    }
    expect(core.state.role).toBe('primary');
  });

  it('is doubted as soon as a look has had no answer for a while', () => {
    const core = new Core(primary()).feed({ type: 'lookUnanswered' });
    expect(core.has('probeServer')).toBe(true);
    expect(look(core, primaryServer).state.doubt).toBeNull();
  });

  it('is not judged by a time in which this daemon stood still itself', () => {
    const core = look(new Core(primary()), silentServer);
    const { scope } = core.one('probeServer');
    pass(core, 1_000);
    core.sleep(1_900);
    probed(core, scope);
    expect(core.has('assessCrash')).toBe(false);
    expect(core.state.doubt).toBeNull();
  });

  it('is only spoken of while failover is suspended, and handed over when that has ended', () => {
    const paused = { ...configuration, paused: true };
    const { core, scope } = silentForALease(new Core(primary({ durable: { configuration: paused } })));
    probed(core, scope);
    expect(core.has('assessCrash')).toBe(false);
    expect(core.one('explain').explanation).toMatchObject({ kind: 'declined', rule: '§5' });
    expect(probed(core, scope).has('explain')).toBe(false);
    core.state = { ...core.state, durable: { ...core.state.durable, configuration } };
    expect(probed(core, scope).has('assessCrash')).toBe(true);
  });
});

describe('WAL that does not reach the disk', () => {
  it('has the primary asked to write, whatever reads say', () => {
    const core = look(new Core(primary()), stuckServer);
    const { scope } = core.one('probeServer');
    for (let second = 0; second < 3; second += 1) {
      pass(core, 1_000);
      look(core, stuckServer);
    }
    expect(probed(core, scope).has('assessCrash')).toBe(true);
  });

  it('is no matter any more once it has moved, or a write is answered', () => {
    const core = look(new Core(primary()), stuckServer);
    expect(look(core, primaryServer).state.doubt).toBeNull();
    look(core, stuckServer);
    expect(probed(core, core.one('probeServer').scope, 'answered').state.doubt).toBeNull();
  });

  it('begins another doubt where the server was silent before', () => {
    const core = look(new Core(primary()), silentServer);
    pass(core, 1_000);
    look(core, stuckServer);
    expect(core.state.doubt).toMatchObject({ cause: 'unflushed', sinceMs: core.nowMs });
  });
});

describe('silence of other servers', () => {
  it.each([
    ['a standby', standby()],
    ['a primary that is being restarted', primary({ reign: { phase: 'restarting' } })],
    ['a primary that is being promoted', primary({ reign: { phase: 'promoting' } })],
    [
      'one with which something is being done',
      primary({ state: { operation: { kind: 'follow', id: 1, startedAtMs: 0 } } }),
    ],
    ['one without a reign', primary({ state: { reign: null, role: 'follower' } })],
  ])('is nothing: %s', (_, state) => {
    expect(look(new Core(state), silentServer).has('probeServer')).toBe(false);
  });
});
