import { describe, expect, it } from 'vitest';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import { configuration, id, standby, startMs, voter } from './core-fixture.ts';

const open = (overrides: Parameters<typeof standby>[0] = {}) =>
  new Transition(standby(overrides), startMs, 0.25);
const types = (transition: Transition) => transition.effects.map((effect) => effect.type);
const tag = { sentAtMs: startMs, scope: 1 };

describe('a transition', () => {
  it('leaves the state that it began with as it was', () => {
    const before = standby();
    const copy = structuredClone(before);
    const transition = new Transition(before, startMs, 0);
    transition.remember({ term: 9 });
    transition.begin('follow');
    transition.explain('§6', 'something was decided');
    transition.state.role = 'fencing';
    expect(before).toEqual(copy);
    expect(transition.state).toMatchObject({ role: 'fencing', durable: { term: 9 } });
  });

  it('knows itself and the other voters', () => {
    const transition = open();
    expect(transition.self).toBe(2);
    expect(transition.voters.map((each) => each.nodeId)).toEqual([1, 2, 3]);
    expect(transition.otherVoters.map((each) => each.nodeId)).toEqual([1, 3]);
    expect(transition.voter(id(3))).toEqual(voter(3));
    expect(transition.voter(id(9))).toBeUndefined();
  });

  it('has no voters without a configuration', () => {
    expect(open({ durable: { configuration: null } }).otherVoters).toEqual([]);
  });

  it('takes the lease of the configuration, and the own file’s only where there is none', () => {
    const parameters = { leaseMs: 9_000 };
    expect(open({ parameters }).leaseMs).toBe(configuration.leaseMs);
    expect(open({ parameters, durable: { configuration: null } }).leaseMs).toBe(9_000);
  });
});

describe('what is durable', () => {
  it('is stored once per change, with everything changed so far', () => {
    const transition = open();
    transition.flush();
    expect(transition.effects).toEqual([]);
    transition.remember({ term: 4 });
    transition.remember({ votedFor: id(3) });
    transition.flush();
    transition.flush();
    transition.remember({ term: 5 });
    transition.flush();
    expect(transition.effects).toMatchObject([
      { type: 'persist', durable: { term: 4, votedFor: 3, incarnation: 'incarnation-2' } },
      { type: 'persist', durable: { term: 5, votedFor: 3 } },
    ]);
  });

  it.each([
    ['a reply', (transition: Transition) => transition.reply('asked', {}), 'reply'],
    [
      'a request',
      (transition: Transition) => transition.send(voter(3), { message: 'status', body: null }, tag, 100),
      'send',
    ],
    [
      'an operation',
      (transition: Transition) => transition.effect({ type: 'restoreReceiver', id: 1 }),
      'restoreReceiver',
    ],
  ])('is stored ahead of %s', (_, act, type) => {
    const transition = open();
    transition.remember({ term: 4 });
    act(transition);
    expect(types(transition)).toEqual(['persist', type]);
  });

  it('holds up no news: a notification depends on nothing', () => {
    const transition = open();
    transition.remember({ term: 4 });
    transition.notify('repmgrd_fence', 'text');
    transition.explain('§4', 'text');
    expect(types(transition)).toEqual(['notify', 'explain']);
  });
});

describe('effects', () => {
  it('carry what they were given', () => {
    const transition = open();
    transition.reply('asked', { ok: true });
    transition.send(voter(3), { message: 'status', body: null }, tag, 100);
    expect(transition.effects).toEqual([
      { type: 'reply', replyTo: 'asked', body: { ok: true } },
      { type: 'send', to: voter(3), request: { message: 'status', body: null }, tag, timeoutMs: 100 },
    ]);
  });

  it('of operations bear numbers that never come twice', () => {
    const transition = open({ state: { nextId: 41 } });
    const ids = [transition.begin('stopReceiver'), transition.newId(), transition.begin('fence')];
    expect(ids).toEqual([42, 43, 44]);
    expect(transition.state.operation).toEqual({ kind: 'fence', id: 44, startedAtMs: startMs });
    expect(transition.state.nextId).toBe(44);
  });

  it('of notifications are successful and of no other node unless told', () => {
    const transition = open();
    transition.notify('repmgrd_fence', 'one');
    transition.notify('repmgrd_fence', 'two', { successful: false, subject: id(3) });
    expect(transition.effects).toStrictEqual([
      { type: 'notify', event: 'repmgrd_fence', details: 'one', successful: true },
      { type: 'notify', event: 'repmgrd_fence', details: 'two', successful: false, subject: 3 },
    ]);
  });
});

describe('an explanation', () => {
  it('has its time, rule, text and evidence', () => {
    const transition = open();
    transition.explain('§6.4', 'one', { rank: 1 });
    const explanation = { atMs: startMs, rule: '§6.4', text: 'one', evidence: { rank: 1 } };
    expect(transition.state.explanation).toEqual(explanation);
    expect(transition.effects).toEqual([{ type: 'explain', explanation }]);
  });

  it('is news once, and again only after another', () => {
    const transition = open();
    for (const text of ['one', 'one', 'two', 'one']) transition.explain('§6', text);
    expect(transition.effects).toMatchObject([
      { explanation: { text: 'one', evidence: {} } },
      { explanation: { text: 'two' } },
      { explanation: { text: 'one' } },
    ]);
  });

  it('is no news in the next step either', () => {
    const first = open();
    first.explain('§6', 'one');
    const second = new Transition(first.state, startMs + 5, 0);
    second.explain('§6', 'one');
    expect(second.effects).toEqual([]);
    expect(second.state.explanation?.atMs).toBe(startMs);
  });
});
