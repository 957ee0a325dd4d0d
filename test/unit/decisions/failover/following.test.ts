import { describe, expect, it } from 'vitest';
import {
  Core,
  configuration,
  end,
  goneServer,
  heartbeat,
  id,
  reign,
  reigns,
  standby,
  standbyServer,
  startMs,
} from './core-fixture.ts';

const newReigns = [...reigns, reign(4, 3, 3, 950, 2)];
const newPrimary = {
  term: 4,
  primary: id(3),
  reigns: newReigns,
  configuration: { ...configuration, version: { term: 4, counter: 1 } },
};

describe('when another node has become writable', () => {
  it('a prefix follows it', () => {
    const core = new Core(standby({ server: { walEnd: end(2, 950) } }));
    core.request(3, heartbeat(newPrimary));
    expect(core.one('follow').primary.nodeId).toBe(3);
  });

  it('nobody moves before it is writable', () => {
    const core = new Core(standby({ server: { walEnd: end(2, 950) } }));
    core.request(3, heartbeat({ ...newPrimary, phase: 'promoting' }));
    expect(core.has('follow')).toBe(false);
  });

  it('who diverged is rewound, never streams', () => {
    const core = new Core(standby({ server: { walEnd: end(2, 951) } }));
    core.request(3, heartbeat(newPrimary));
    expect(core.one('rejoin')).toMatchObject({ isDiverged: true, primary: { nodeId: 3 } });
  });

  it('a fenced former primary rejoins', () => {
    const core = new Core(
      standby({ nodeId: 1, durable: { intent: 'fenced' }, server: goneServer, state: { role: 'fenced' } }),
    );
    core.request(3, heartbeat(newPrimary));
    expect(core.state.role).toBe('rejoining');
    core.finish({ kind: 'rejoin', ok: true, reason: null });
    expect(core.state).toMatchObject({ role: 'follower', durable: { intent: 'standby' } });
  });

  it('a rejoin that failed is tried again, later each time', () => {
    const core = new Core(
      standby({ nodeId: 1, durable: { intent: 'fenced' }, server: goneServer, state: { role: 'fenced' } }),
    );
    core.request(3, heartbeat(newPrimary));
    core.finish({ kind: 'rejoin', ok: false, reason: 'no' });
    expect(core.state.nextRejoinAtMs).toBe(startMs + 5_000);
    core.feed({ type: 'observed', server: goneServer, walMovedAtMs: null });
    core.request(3, heartbeat(newPrimary));
    expect(core.has('rejoin')).toBe(false);
    core.nowMs += 5_000;
    core.request(3, heartbeat(newPrimary));
    core.finish({ kind: 'rejoin', ok: false, reason: 'no' });
    expect(core.state.nextRejoinAtMs).toBe(core.nowMs + 10_000);
  });

  it('auto_rejoin=off leaves it to the operator', () => {
    const core = new Core(
      standby({
        nodeId: 1,
        parameters: { isAutoRejoinOn: false },
        durable: { intent: 'fenced' },
        server: goneServer,
        state: { role: 'fenced' },
      }),
    );
    core.request(3, heartbeat(newPrimary));
    expect(core.has('rejoin')).toBe(false);
  });

  it('a cascaded standby stays with its upstream', () => {
    const core = new Core(
      standby({
        nodeId: 2,
        server: { upstream: id(3), walEnd: end(2, 900) },
        durable: { reigns: [reign(3, 1, 2, 0)] },
      }),
    );
    core.request(1, heartbeat({ reigns: [reign(3, 1, 2, 0)] }));
    expect(core.has('follow')).toBe(false);
  });
});

describe('a server stopped on another node’s timeline', () => {
  const failed = {
    nodeId: 2,
    durable: { intent: 'fenced' },
    server: goneServer,
    state: { role: 'fenced' },
  } as const;

  it('is started in recovery, and again after a failure', () => {
    const core = new Core(standby(failed)).feed({ type: 'tick' });
    expect(core.has('startStandby')).toBe(true);
    core.finish({ kind: 'startStandby', ok: false, reason: 'no' }).after(4_999);
    expect(core.has('startStandby')).toBe(false);
    expect(core.after(1).has('startStandby')).toBe(true);
  });

  it('stands again as a standby', () => {
    const core = new Core(standby(failed)).feed({ type: 'tick' });
    core.finish({ kind: 'startStandby', ok: true, reason: null });
    const server = { ...standby().server, isReceiverActive: false };
    core.feed({ type: 'observed', server, walMovedAtMs: null });
    expect(core.state.durable.intent).toBe('standby');
    expect(core.state.campaign).not.toBeNull();
  });
});

const refused = { kind: 'follow', ok: false, reason: 'follow_command ended with 1' } as const;

function lost(): Core {
  return new Core(standby({ server: { upstream: null } }));
}

describe('following a new primary', () => {
  it('points the server to it once, whatever was seen of the server before', () => {
    const core = lost();
    core.request(1, heartbeat());
    expect(core.one('follow').primary.nodeId).toBe(1);
    core.finish({ kind: 'follow', ok: true, reason: null });
    core.request(1, heartbeat());
    expect(core.has('follow')).toBe(false);
  });

  it('is repeated with growing pauses when it fails', () => {
    const core = lost();
    core.request(1, heartbeat());
    core.finish(refused);
    const attempts: number[] = [];
    for (let ms = 0; ms < 10_000; ms += 100) {
      core.sleep(100).request(1, heartbeat());
      if (!core.has('follow')) continue;
      attempts.push(core.nowMs);
      core.finish(refused);
    }
    const pauses = attempts.slice(1).map((atMs, index) => atMs - (attempts[index] ?? 0));
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
  });

  it('begins anew at once with another primary, or when the server has lost its upstream again', () => {
    const core = lost();
    core.request(1, heartbeat());
    core.finish({ kind: 'follow', ok: true, reason: null });
    const server = { ...standbyServer, upstream: null };
    core.feed({ type: 'observed', server, walMovedAtMs: null });
    core.request(1, heartbeat());
    expect(core.one('follow').primary.nodeId).toBe(id(1));
  });
});
