import { describe, expect, it } from 'vitest';
import {
  Core,
  configuration,
  goneServer,
  heartbeat,
  id,
  leaseMs,
  primary,
  standby,
  standbyServer,
  startMs,
  voteRequest,
} from './core-fixture.ts';

const fenceAfterMs = leaseMs - 110 - 700;

/** The last round that daemons acknowledged is the one of `startMs`. */
const silenced = (state = primary()) => new Core(state).feed({ type: 'tick' });

const confirm = (core: Core, from: number, sentAtMs: number, term = 3) =>
  core.feed({ type: 'walAcknowledged', from: id(from), term, sentAtMs });

describe('WAL as the second road', () => {
  it('is taken with each round once two have made no majority', () => {
    const core = silenced().after(500);
    expect(core.all('writeWalRound')).toEqual([]);
    core.after(500);
    expect(core.all('writeWalRound')).toMatchObject([
      { term: 3, sentAtMs: startMs + 750, timeoutMs: leaseMs },
      { term: 3, sentAtMs: startMs + 1_000 },
    ]);
    expect(core.one('writeWalRound').voters.map((voter) => voter.nodeId)).toEqual([2, 3]);
  });

  it('counts as an acknowledgement of the round that the record went with', () => {
    const core = silenced().after(750);
    confirm(core, 2, startMs + 750).after(fenceAfterMs - 1);
    expect(core.has('fence')).toBe(false);
    core.after(1);
    expect(core.has('fence')).toBe(true);
  });

  it('counts neither for another term nor from before a jump', () => {
    const core = silenced().after(750);
    confirm(core, 2, startMs + 750, 2);
    expect(core.state.reign?.walAcknowledgedAtMs).toEqual({});
    const jumped = silenced(primary({ reign: { ignoreSentBeforeMs: startMs + 800 } }));
    confirm(jumped.after(100), 2, startMs + 750);
    expect(jumped.has('fence') || jumped.state.reign === null).toBe(true);
  });

  it('is for voters only that are known to promise as long', () => {
    const core = silenced(primary({ reign: { configurationStoredBy: { 1: '3.2', 2: '3.1', 3: '3.2' } } }));
    core.state = {
      ...core.state,
      reign: core.state.reign === null ? null : { ...core.state.reign, leaseSinceCounter: 2 },
    };
    expect(
      core
        .after(1_000)
        .one('writeWalRound')
        .voters.map((voter) => voter.nodeId),
    ).toEqual([3]);
    confirm(core, 2, startMs + 1_000);
    expect(core.state.reign?.walAcknowledgedAtMs).toEqual({});
  });

  it('needs a server that writes', () => {
    expect(
      silenced(primary({ server: { verdict: 'busy' } }))
        .after(1_000)
        .has('writeWalRound'),
    ).toBe(false);
  });

  it('ends when a majority of the daemons answers again', () => {
    const core = silenced().after(750);
    confirm(core, 2, startMs + 750);
    expect(core.state.explanation?.text).toContain('daemons of a majority are silent');
    core.answerHeartbeat(3).after(250);
    expect(core.has('writeWalRound')).toBe(false);
    expect(core.state.reign?.walAcknowledgedAtMs).toEqual({});
    expect(core.state.explanation?.text).toContain('acknowledges the heartbeats again');
  });
});

describe('a voter whose WAL moves', () => {
  const observe = (core: Core, walMovedAtMs: number, server = standbyServer) =>
    core.feed({ type: 'observed', server, walMovedAtMs });
  const asked = (core: Core) => core.request(3, { message: 'prevote', body: voteRequest() });

  it('elects nobody for a lease, whomever it promised something since', () => {
    const lease = { holder: id(3), term: 3, untilMs: startMs - 1 };
    const core = observe(new Core(standby({ state: { lease } })), startMs);
    expect(asked(core).reason).toContain('WAL from the primary moved');
    core.after(leaseMs - 1);
    expect(asked(core).reason).toContain('WAL from the primary moved');
    core.after(1);
    expect(asked(core).granted).toBe(true);
  });

  it('takes a server that died as one that received until then', () => {
    const core = observe(new Core(standby()), startMs - 9_000, goneServer);
    expect(core.state.walMovedAtMs).toBe(startMs);
  });

  it('judges again by what came until the receiver stood still', () => {
    const core = new Core(standby());
    core.feed({
      type: 'request',
      from: id(3),
      replyTo: 'asked',
      request: { message: 'vote', body: voteRequest() },
    });
    const walEnd = standbyServer.walEnd;
    core.sleep(40).finish({ kind: 'stopReceiver', walEnd, walMovedAtMs: startMs + 30, reason: null });
    expect(core.reply()).toMatchObject({ granted: false });
  });

  it('takes back nothing when the lease becomes shorter', () => {
    const core = observe(new Core(standby()), startMs);
    const shorter = { ...configuration, leaseMs: 1_000, version: { term: 3, counter: 2 } };
    core.request(1, heartbeat());
    core.request(1, heartbeat({ configuration: shorter }));
    expect(core.state.lease?.untilMs).toBe(startMs + leaseMs);
    core.after(leaseMs - 1);
    expect(asked(core).reason).toContain('promised to node 1');
    core.state = { ...core.state, lease: null };
    expect(asked(core).reason).toContain('WAL from the primary moved');
  });
});
