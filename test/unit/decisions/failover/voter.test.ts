import { describe, expect, it } from 'vitest';
import type { CoreState } from '../../../../src/decisions/failover/state.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { VoteReply, VoteRequest } from '../../../../src/domain/peer-messages.ts';
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
  reign,
  reigns,
  standby,
  startMs,
  voteRequest,
} from './core-fixture.ts';

const position = (reignTerm: number, lsn: number) => ({ reignTerm, lsn: BigInt(lsn) as Lsn });
const stopped = { kind: 'stopReceiver', walEnd: end(2, 1_000), reason: null } as const;

/** Asks in earnest, lets the receiver be stopped, returns the answer. */
function vote(core: Core, overrides: Partial<VoteRequest> = {}, walEnd = end(2, 1_000)): VoteReply {
  core.feed({
    type: 'request',
    from: id(3),
    replyTo: 'asked',
    request: { message: 'vote', body: voteRequest(overrides) },
  });
  if (!core.has('reply')) core.finish({ ...stopped, walEnd });
  return core.reply();
}

const preVote = (state: CoreState, overrides: Partial<VoteRequest> = {}) =>
  new Core(state).request(3, { message: 'prevote', body: voteRequest(overrides) });

const lease = { holder: id(1), term: 3, untilMs: startMs + 500 };
const token = { term: 3, nextTerm: 4, issuer: id(1), target: id(3) };

describe('a vote is refused', () => {
  const cases: readonly (readonly [string, CoreState, Partial<VoteRequest>, string])[] = [
    ['under the lease of another', standby({ state: { lease } }), {}, 'promised to node 1'],
    [
      'while WAL of the primary still moves',
      standby({ state: { walMovedAtMs: startMs - leaseMs + 1 } }),
      {},
      'WAL',
    ],
    [
      'within a lease from the start of the daemon',
      standby({ state: { listeningSinceMs: startMs - 10 } }),
      {},
      'started',
    ],
    ['by a daemon that does not reach itself', standby({ state: { reachesItself: false } }), {}, 'started'],
    ['for an older term', standby({ durable: { term: 5 } }), {}, 'term 5'],
    [
      'after another got it in that term',
      standby({ durable: { term: 4, votedFor: id(1) } }),
      {},
      'no vote left',
    ],
    [
      'by a voter without a vote in a term it only heard of',
      standby({ durable: { term: 4, votedFor: null } }),
      {},
      'no vote left',
    ],
    [
      'for a candidate with an older configuration',
      standby(),
      { configurationVersion: { term: 2, counter: 9 } },
      'configuration',
    ],
    [
      'while paused',
      standby({ durable: { configuration: { ...configuration, paused: true } } }),
      {},
      'paused',
    ],
    [
      'while the primary is manual',
      standby({ durable: { configuration: { ...configuration, manual: true } } }),
      {},
      'paused',
    ],
    ['by a node whose server is a primary', standby({ server: primaryServer }), {}, 'is a primary'],
    ['by a node that promotes', standby({ state: { role: 'promoting' } }), {}, 'promoting'],
    ['by a node that fences', standby({ state: { role: 'fencing' } }), {}, 'fencing'],
    ['while its own server is busy', standby({ server: { verdict: 'busy' } }), {}, 'not verified'],
    ['while its own server is unknown', standby({ server: { verdict: 'unknown' } }), {}, 'not verified'],
    ['while its own position is unknown', standby({ server: { walEnd: null } }), {}, 'not known'],
    ['for a candidate with fewer bytes', standby(), { position: position(3, 999) }, 'behind'],
    ['for a candidate of an older reign', standby(), { position: position(1, 5_000) }, 'behind'],
    ['for a timeline that is taken', standby(), { timeline: 2 }, 'timeline 2 is taken'],
    [
      'for a timeline that it voted for once',
      standby({ durable: { highestTimeline: 3 } }),
      { timeline: 3 },
      'timeline 3 is taken',
    ],
  ];

  it.each(cases)('%s', (_, state, request, reason) => {
    const before = state.durable;
    const core = new Core(state);
    const reply = vote(core, request, state.server.walEnd ?? undefined);
    expect(reply.granted).toBe(false);
    expect(reply.reason).toMatch(reason);
    // A refused request changes nothing, not the term either.
    expect(core.state.durable.term).toBe(before.term);
    expect(core.state.durable.votedFor).toBe(before.votedFor);
    expect(preVote(state, request).reason).toMatch(reason);
  });

  it('by a primary that restarts its server under its lease', () => {
    const state = primary({ server: goneServer });
    expect(preVote(state, { position: position(3, 9_999) }).reason).toContain('leads in term 3');
  });

  it('before its term is read when a lease binds', () => {
    const state = standby({ state: { lease }, durable: { term: 9 } });
    expect(preVote(state).reason).toContain('promised');
  });

  it('when the receiver brought more while it was being stopped', () => {
    const core = new Core(standby());
    expect(vote(core, {}, end(2, 1_001)).reason).toContain('behind');
    expect(core.has('persist')).toBe(false);
  });

  it('when a primary was heard while the receiver was being stopped', () => {
    const core = new Core(standby());
    core.feed({
      type: 'request',
      from: id(3),
      replyTo: 'voted',
      request: { message: 'vote', body: voteRequest() },
    });
    core.request(1, heartbeat());
    core.finish(stopped);
    expect(core.reply('voted').reason).toContain('promised to node 1');
  });

  it('while another vote is being given', () => {
    const core = new Core(standby());
    core.feed({
      type: 'request',
      from: id(3),
      replyTo: 'first',
      request: { message: 'vote', body: voteRequest() },
    });
    const second = core.request(1, { message: 'vote', body: voteRequest({ candidate: id(1) }) });
    expect(second.reason).toContain('another vote');
  });

  it('and hands over the newer configuration', () => {
    const reply = preVote(standby(), { configurationVersion: { term: 2, counter: 1 } });
    expect(reply.configuration).toEqual(configuration);
  });
});

describe('a vote is granted', () => {
  it('once per term, stored before it is given', () => {
    const core = new Core(standby());
    expect(vote(core).granted).toBe(true);
    expect(core.one('persist').durable).toMatchObject({ term: 4, votedFor: 3, highestTimeline: 3 });
    expect(core.types().indexOf('persist')).toBeLessThan(core.types().indexOf('reply'));
    core.after(leaseMs);
    const other = core.request(1, {
      message: 'vote',
      body: voteRequest({ candidate: id(1), timeline: 4 }),
    });
    expect(other.granted).toBe(false);
  });

  it('again to the same candidate in the same term with the same timeline', () => {
    const core = new Core(standby());
    vote(core);
    expect(vote(core).granted).toBe(true);
    expect(vote(core, { timeline: 9 }).granted).toBe(true);
    expect(vote(core, { timeline: 8 }).reason).toContain('taken');
  });

  it('binds the voter like a heartbeat, for as long as the candidate counts on', () => {
    const core = new Core(standby());
    vote(core, { leaseMs: 8_000 });
    expect(core.state.lease).toEqual({ holder: 3, term: 4, untilMs: startMs + 8_000 });
    expect(core.state.durable.longestLeaseMs).toBe(8_000);
  });

  it('only after the receiver stands still', () => {
    const core = new Core(standby());
    core.feed({
      type: 'request',
      from: id(3),
      replyTo: 'asked',
      request: { message: 'vote', body: voteRequest() },
    });
    expect(core.types()).toContain('stopReceiver');
    expect(core.has('reply')).toBe(false);
    expect(core.finish(stopped).reply()).toMatchObject({
      granted: true,
      position: position(3, 1_000),
    });
  });

  it('by a voter under lease when the holder itself handed over to exactly this candidate', () => {
    const bound = () => new Core(standby({ state: { lease, walMovedAtMs: startMs } }));
    expect(vote(bound(), { token }).granted).toBe(true);
    expect(vote(bound(), { token: { ...token, target: id(2) } }).reason).toContain('promised');
    expect(vote(bound(), { token: { ...token, issuer: id(2) } }).reason).toContain('promised');
    expect(vote(bound(), { token: { ...token, nextTerm: 5 } }).reason).toContain('promised');
    expect(vote(bound(), { token: { ...token, term: 2 } }).reason).toContain('promised');
  });

  it('never against the position, token or not', () => {
    const core = new Core(standby({ state: { lease } }));
    expect(vote(core, { token, position: position(3, 600) }).reason).toContain('behind');
  });

  it('by the issuer of the token, which has ended its reign', () => {
    const issuer = (endedReigns: readonly number[]) =>
      new Core(
        standby({
          nodeId: 1,
          durable: { endedReigns, votedFor: id(1) },
          server: goneServer,
          state: { role: 'handing over', walMovedAtMs: startMs },
        }),
      );
    expect(vote(issuer([3]), { token }).granted).toBe(true);
    expect(vote(issuer([]), { token }).granted).toBe(false);
  });

  it('by a server that is being rebuilt, whatever it holds', () => {
    const state = standby({ server: { verdict: 'rebuilding', walEnd: null }, state: { walMovedAtMs: null } });
    expect(vote(new Core(state), { position: position(1, 1) }).granted).toBe(true);
  });

  it('by a witness, whatever PostgreSQL it has', () => {
    const state = standby({
      parameters: { isWitness: true },
      server: primaryServer,
      state: { walMovedAtMs: null },
    });
    expect(vote(new Core(state)).granted).toBe(true);
  });

  it('by a voter that has no configuration yet', () => {
    const state = standby({
      durable: { configuration: null, term: 0, reigns: [] },
      server: { walEnd: end(2, 900) },
    });
    expect(vote(new Core(state), {}, end(2, 900)).granted).toBe(true);
  });

  it('under pause to a primary that stays where it is', () => {
    const paused = { durable: { configuration: { ...configuration, paused: true } } };
    const request = { candidate: id(1), timeline: null };
    expect(vote(new Core(standby(paused)), request).granted).toBe(true);
  });

  it('to a candidate that knows a newer configuration, in which the pause that this voter remembers is over', () => {
    const paused = { durable: { configuration: { ...configuration, paused: true } } };
    const version = { ...configuration.version, counter: configuration.version.counter + 1 };
    const request = { configurationVersion: version };
    expect(vote(new Core(standby(paused)), request, end(2, 900)).granted).toBe(true);
  });

  it('to the primary it streams from without a stop, although that one’s reading is older', () => {
    const core = new Core(standby({ state: { walMovedAtMs: startMs } }));
    const reply = vote(core, { candidate: id(1), timeline: null, position: position(3, 10) });
    expect(reply.granted).toBe(true);
    expect(core.has('stopReceiver')).toBe(false);
  });
});

describe('positions are compared by everything both know of reigns', () => {
  const inPlace = [...reigns, reign(4, 1, 2, 800)];

  it('refuses a candidate that is behind on the same timeline, though only it knows the latest reign', () => {
    const core = new Core(standby());
    const reply = vote(core, { term: 5, reigns: inPlace, position: position(4, 900) });
    expect(reply.reason).toContain('behind');
  });

  it('grants to a candidate that has everything, though it does not know the latest reign', () => {
    const state = standby({ durable: { reigns: inPlace, term: 4 } });
    expect(vote(new Core(state), { term: 5 }).granted).toBe(true);
  });
});

describe('a heartbeat', () => {
  it('is acknowledged, binds for the lease that it names and is stored first', () => {
    const core = new Core(standby({ durable: { term: 2 } }));
    const longer = { ...configuration, version: { term: 3, counter: 2 }, leaseMs: 9_000 };
    const reply = core.request(1, heartbeat({ configuration: longer }));
    expect(reply).toMatchObject({ accepted: true, term: 3, configurationVersion: { term: 3, counter: 2 } });
    expect(core.state.lease).toEqual({ holder: 1, term: 3, untilMs: startMs + 9_000 });
    expect(core.one('persist').durable).toMatchObject({ term: 3, votedFor: null, longestLeaseMs: 9_000 });
    expect(core.types().indexOf('persist')).toBeLessThan(core.types().indexOf('reply'));
  });

  it.each([
    ['of an older term', standby({ durable: { term: 4 } }), heartbeat(), 'term 4'],
    [
      'with an older configuration',
      standby({ durable: { configuration: { ...configuration, version: { term: 3, counter: 2 } } } }),
      heartbeat(),
      'configuration is older',
    ],
    ['in another’s name', standby(), heartbeat({ primary: id(3) }), 'not the primary'],
    [
      'of a node that is no voter',
      standby(),
      heartbeat({ configuration: { ...configuration, voters: configuration.voters.slice(1) } }),
      'no voter',
    ],
  ] as const)('is refused: %s', (_, state, request, reason) => {
    const core = new Core(state);
    const reply = core.request(1, request);
    expect(reply).toMatchObject({ accepted: false });
    expect(reply.reason).toContain(reason);
    expect(reply.configuration).toEqual(state.durable.configuration);
    expect(core.state.lease).toBeNull();
  });

  it('is refused from a second primary of the same term, with an event', () => {
    const core = new Core(standby());
    core.request(1, heartbeat());
    const reply = core.request(3, heartbeat({ primary: id(3) }));
    expect(reply.accepted).toBe(false);
    expect(core.one('notify').event).toBe('duplicate_node_id');
  });

  it('ends a candidacy', () => {
    const core = new Core(standby()).feed({ type: 'tick' });
    expect(core.state.role).toBe('candidate');
    core.request(1, heartbeat());
    expect(core.state).toMatchObject({ role: 'follower', campaign: null });
  });
});

describe('a primary that hears a heartbeat', () => {
  const proof = [...reigns, reign(4, 2, 3, 900, 2)];

  it('fences at once on proof of another reign', () => {
    const core = new Core(primary());
    const reply = core.request(2, heartbeat({ term: 4, primary: id(2), reigns: proof }));
    expect(reply.accepted).toBe(false);
    expect(core.has('fence')).toBe(true);
    expect(core.state.reign).toBeNull();
  });

  it('fences on a claim to its own term', () => {
    const core = new Core(primary());
    core.request(2, heartbeat({ primary: id(2) }));
    expect(core.has('fence')).toBe(true);
  });

  it('keeps its lease on a newer term without a reign, and stands where it is', () => {
    const core = new Core(primary());
    core.request(2, heartbeat({ term: 4, primary: id(2) }));
    expect(core.has('fence')).toBe(false);
    expect(core.state.reign?.higherTerm).toBe(4);
    expect(core.sent('prevote')[0]?.request.body).toMatchObject({ term: 5, timeline: null });
  });

  it('fences without a lease too, on proof of a reign after its own', () => {
    const core = new Core(primary({ state: { reign: null, role: 'follower' } }));
    core.request(2, heartbeat({ term: 4, primary: id(2), reigns: proof }));
    expect(core.has('fence')).toBe(true);
  });
});
