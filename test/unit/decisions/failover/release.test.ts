import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/domain/peer-messages.ts';
import {
  Core,
  heartbeat,
  id,
  leaseMs,
  reign,
  reigns,
  standby,
  standbyServer,
  startMs,
  status,
  voteRequest,
} from './core-fixture.ts';

/** Node 2, bound to node 1 by a heartbeat and by WAL of this very moment. */
const bound = () => {
  const core = new Core(standby());
  core.request(1, heartbeat());
  return core.feed({ type: 'observed', server: standbyServer, walMovedAtMs: startMs });
};
const released = (core: Core, release: Partial<Release> = {}, from = 1) =>
  core.request(from, { message: 'released', body: { nodeId: id(1), term: 3, ...release } });
const asked = (core: Core, release?: Release) =>
  core.request(3, {
    message: 'prevote',
    body: voteRequest(release === undefined ? {} : { release }),
  });

describe('the word of a host that its reign and its server are gone', () => {
  it('frees whoever was bound to it, of the wait for WAL as well', () => {
    const core = bound();
    expect(asked(core).granted).toBe(false);
    expect(released(core)).toMatchObject({ accepted: true });
    expect(asked(core).granted).toBe(true);
  });

  it('makes a standby stand at once', () => {
    const core = bound();
    released(core);
    expect(core.sent('status').map((effect) => effect.to.nodeId)).toEqual([1, 3]);
    core.answerStatus(3, status(3, { leaseHolder: id(1), leaseRemainingMs: 2_000, walStillMs: 1 }));
    core.answerStatus(1, null);
    expect(core.sent('prevote')[0]?.request.body).toMatchObject({ release: { nodeId: 1, term: 3 } });
  });

  it('counts also when a candidate brings it along', () => {
    expect(asked(bound(), { nodeId: id(1), term: 3 }).granted).toBe(true);
    expect(asked(bound(), { nodeId: id(3), term: 3 }).granted).toBe(false);
    expect(asked(bound(), { nodeId: id(1), term: 2 }).granted).toBe(false);
  });

  it('does not count from anybody else, nor for an earlier term', () => {
    const core = bound();
    expect(released(core, {}, 3)).toMatchObject({ accepted: false });
    expect(released(core, { term: 2 })).toMatchObject({ accepted: false });
    expect(released(core, { nodeId: id(3) }, 3)).toMatchObject({ accepted: false });
    expect(asked(core).granted).toBe(false);
  });

  it('is void once this voter has promised again', () => {
    const core = bound();
    released(core);
    core.request(1, heartbeat({ term: 4, reigns: [...reigns, reign(4, 1, 2, 900, 2)] }));
    expect(core.state.release).toBeNull();
    expect(asked(core).granted).toBe(false);
  });

  it('says nothing of WAL that came from another since', () => {
    const core = bound();
    released(core);
    const server = { ...standbyServer, upstream: id(3) };
    core.feed({ type: 'observed', server, walMovedAtMs: startMs + 1 });
    core.request(1, { message: 'prevote', body: voteRequest({ candidate: id(1) }) });
    expect(core.reply().reason).toContain('WAL from the primary moved');
  });

  it('spares a daemon that has just started the wait, if all it ever promised was promised there', () => {
    const fresh = (votedFor: number) =>
      new Core(
        standby({
          state: { listeningSinceMs: startMs, walMovedAtMs: null },
          durable: { votedFor: id(votedFor) },
        }),
      );
    const trusting = fresh(1);
    expect(asked(trusting).reason).toContain('just started');
    released(trusting);
    expect(asked(trusting).granted).toBe(true);
    const bounded = fresh(3);
    expect(released(bounded)).toMatchObject({ accepted: false });
    expect(bounded.after(leaseMs - 1).state.campaign).toBeNull();
  });
});
