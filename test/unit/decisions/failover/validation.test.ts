import { describe, expect, it } from 'vitest';
import { protocolStatus } from '../../../../src/decisions/failover/status.ts';
import {
  Core,
  configuration,
  end,
  heartbeat,
  id,
  leaseMs,
  primaryServer,
  reign,
  reigns,
  standby,
  startMs,
  status,
  voteRequest,
  voter,
} from './core-fixture.ts';

type Overrides = NonNullable<Parameters<typeof standby>[0]>;

const rerunMs = 15_000;
const validated = { parameters: { validationRerunMs: rerunMs } };
const refusal = 'it ended with 1';
const refusedText = `failover_validation_command refused: ${refusal}`;

/** Node 2 has asked; node 3 answered and the last primary did not. */
const asked = (overrides: Overrides = {}) =>
  new Core(standby({ ...validated, ...overrides }))
    .feed({ type: 'tick' })
    .answerStatus(1, null)
    .answerStatus(3, status(3));

const stage = (core: Core) => core.state.campaign?.stage;
const say = (core: Core, answer: string | null, scope = core.state.campaign?.id ?? 0) =>
  core.feed({ type: 'candidacyValidated', scope, refusal: answer });

describe('failover_validation_command', () => {
  it('is asked before anybody is asked for a vote', () => {
    const core = asked();
    expect(core.one('validateCandidacy')).toMatchObject({
      scope: core.state.campaign?.id,
      visibleNodes: 2,
      sharedUpstreamNodes: 2,
      totalNodes: 3,
    });
    expect(stage(core)).toBe('validating');
    expect(core.sent('prevote')).toEqual([]);
    expect(stage(say(core, null))).toBe('preVote');
  });

  it('is told what the metadata knows of more nodes, and no last primary that answers', () => {
    const five = [1, 2, 3, 4, 5].map((nodeId) => voter(nodeId));
    const core = new Core(
      standby({
        ...validated,
        durable: { configuration: { ...configuration, voters: five.slice(0, 4) } },
        state: { registered: five },
      }),
    ).feed({ type: 'tick' });
    for (const nodeId of [1, 3]) core.answerStatus(nodeId, status(nodeId, { isPromotable: false }));
    core.answerStatus(4, null);
    expect(core.one('validateCandidacy')).toMatchObject({
      visibleNodes: 2,
      sharedUpstreamNodes: 3,
      totalNodes: 5,
    });
  });

  it('is asked of the one whose turn has come', () => {
    const core = new Core(standby(validated)).feed({ type: 'tick' }).answerStatus(1, null);
    core.answerStatus(3, status(3, { priority: 500 }));
    expect(core.has('validateCandidacy')).toBe(false);
    expect(core.after(250).has('validateCandidacy')).toBe(true);
  });

  it('is not asked where there is none', () => {
    expect(stage(asked({ parameters: {} }))).toBe('preVote');
  });

  it('is not asked by a server that is open already, nor by the last primary', () => {
    const open = asked({ server: primaryServer, state: { serverChangedAtMs: startMs } });
    expect(stage(open)).toBe('preVote');
    const own = [...reigns, reign(4, 2, 2, 700)];
    expect(stage(asked({ durable: { reigns: own } }))).toBe('preVote');
  });
});

describe('its refusal', () => {
  it('keeps the node from standing, not from voting, until the command is asked again', () => {
    const core = say(asked(), refusal);
    expect(core.state).toMatchObject({ campaign: null, role: 'follower' });
    expect(core.state.explanation).toMatchObject({ text: `no election: ${refusedText}`, kind: 'declined' });
    expect(protocolStatus(core.state, core.nowMs)).toMatchObject({
      isPromotable: false,
      notPromotableReason: refusedText,
    });
    const request = { message: 'prevote', body: voteRequest() } as const;
    expect(core.request(3, request)).toMatchObject({ granted: true });
    core.after(rerunMs - 1);
    expect(core.state.campaign).toBeNull();
    core.after(1);
    expect(core.sent('status')).toHaveLength(2);
    expect(protocolStatus(core.state, core.nowMs).isPromotable).toBe(true);
  });

  it('is over when a primary is heard, or the settings change', () => {
    const heard = say(asked(), refusal);
    heard.request(1, heartbeat());
    expect(heard.state.validation).toBeNull();
    const changed = say(asked(), refusal);
    changed.feed({ type: 'parametersChanged', parameters: changed.state.parameters });
    expect(changed.state.validation).toBeNull();
  });

  it('is what a command that never ends comes to', () => {
    const core = asked().after(31_999);
    expect(stage(core)).toBe('validating');
    core.after(1);
    expect(core.state.validation?.refusal).toContain('it did not come to an end');
  });

  it('of a candidacy that is over counts for nothing', () => {
    const core = asked();
    const scope = core.state.campaign?.id ?? 0;
    core.request(1, heartbeat());
    expect(say(core, refusal, scope).state.validation).toBeNull();
  });
});

describe('its consent', () => {
  it('holds for a lease, in which the node need not ask again', () => {
    const core = say(asked(), null).answer('prevote', { granted: false, reason: 'no' });
    expect(core.state.campaign).toBeNull();
    core.after(core.state.nextCampaignAtMs - core.nowMs).answerStatus(1, null);
    expect(stage(core.answerStatus(3, status(3)))).toBe('preVote');
  });

  it('is asked for again after that', () => {
    const core = say(asked(), null).answer('prevote', { granted: false, reason: 'no' });
    expect(core.after(leaseMs).state.validation).toBeNull();
  });

  it('that took long has everybody asked anew', () => {
    const core = asked().after(leaseMs);
    say(core, null);
    expect(stage(core)).toBe('gathering');
    expect(core.sent('status')).toHaveLength(2);
    core.answerStatus(1, null).answerStatus(3, status(3));
    expect(stage(core)).toBe('preVote');
  });
});

describe('a hand-over', () => {
  const lease = { holder: id(1), term: 3, untilMs: startMs + 1_000 };
  const token = { term: 3, nextTerm: 4, issuer: id(1), target: id(2) };
  const bound = () => new Core(standby({ ...validated, state: { lease, walMovedAtMs: startMs } }));
  const transfer = (core: Core) =>
    core.request(1, { message: 'transfer', body: { token, reigns, highestTimeline: 7, standbysHeard: 2 } });

  it('asks the command as well, with what the issuer heard', () => {
    const core = bound();
    expect(transfer(core).accepted).toBe(true);
    expect(core.one('validateCandidacy')).toMatchObject({ visibleNodes: 2, sharedUpstreamNodes: 2 });
    expect(core.has('stopReceiver')).toBe(false);
    say(core, null).finish({ kind: 'stopReceiver', walEnd: end(2, 1_000), reason: null });
    expect(core.sent('vote')[0]?.request.body).toMatchObject({ term: 4, token });
  });

  it('is declined by its refusal', () => {
    const core = bound();
    transfer(core);
    say(core, refusal);
    expect(core.state.campaign).toBeNull();
    expect(transfer(core)).toMatchObject({ accepted: false, reason: refusedText });
  });

  it('that was overtaken meanwhile comes to nothing', () => {
    const core = bound();
    transfer(core);
    core.state = { ...core.state, lease: null };
    say(core, null);
    expect(core.state.campaign?.token ?? null).toBeNull();
    expect(core.has('stopReceiver')).toBe(false);
  });
});
