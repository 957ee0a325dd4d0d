import { describe, expect, it } from 'vitest';
import { Core, heartbeat, id, standby, standbyServer } from './core-fixture.ts';

const failed = { kind: 'follow', ok: false, reason: 'follow_command ended with 1' } as const;

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
    core.finish(failed);
    const attempts: number[] = [];
    for (let ms = 0; ms < 10_000; ms += 100) {
      core.sleep(100).request(1, heartbeat());
      if (!core.has('follow')) continue;
      attempts.push(core.nowMs);
      core.finish(failed);
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
