import { describe, expect, test } from 'vitest';
import { judgeStart, type PeerView, type StartFacts } from '../../../../src/decisions/guard/judge-start.ts';
import type { NodeId } from '../../../../src/domain/node.ts';

const id = (nodeId: number): NodeId => nodeId as NodeId;
const ownReign = { term: 4, nodeId: id(1) };

type Voter = Extract<StartFacts['memory'], { kind: 'voter' }>;

const voter = (changes: Partial<Voter> = {}): Voter => ({
  kind: 'voter',
  voterIds: [id(1), id(2), id(3)],
  isSuspended: false,
  intent: 'primary',
  latestReign: ownReign,
  hasEnded: false,
  ...changes,
});

const peer = (nodeId: number, changes: Partial<NonNullable<PeerView['view']>> = {}): PeerView => ({
  nodeId: id(nodeId),
  view: { isSuspended: true, leads: false, primary: null, latestReign: ownReign, ...changes },
});

const facts = (changes: Partial<StartFacts> = {}): StartFacts => ({
  nodeId: id(1),
  start: 'open',
  memory: voter(),
  daemon: { kind: 'silent', reason: 'port 5479 refused' },
  peers: [],
  ...changes,
});

const opening = (mayOpen: 'yes' | 'no' | 'undecided', reason = 'so it is') =>
  ({ kind: 'opening', mayOpen, reason }) as const;

const action = (changes: Partial<StartFacts>): string => judgeStart(facts(changes)).action;

describe('judgeStart', () => {
  test('has nothing to do where PostgreSQL runs or starts in recovery, whatever else is known', () => {
    expect(action({ start: 'runs already' })).toBe('start');
    expect(action({ start: 'in recovery', memory: { kind: 'unreadable', reason: '' } })).toBe('start');
  });

  test('does not harm a node that is in no voting cluster', () => {
    expect(action({ memory: { kind: 'none' } })).toBe('start');
  });

  test('lets the only voter of a cluster open at once', () => {
    expect(action({ memory: voter({ voterIds: [id(1)] }) })).toBe('start');
  });

  test.each([
    ['no daemon answers', facts()],
    ['its daemon holds no lease', facts({ daemon: opening('no') })],
    ['its daemon has not decided', facts({ daemon: opening('undecided') })],
    ['nobody knows what it has promised', facts({ memory: { kind: 'unreadable', reason: 'no JSON' } })],
    ['it is no voter any more', facts({ memory: voter({ voterIds: [id(2), id(3)] }) })],
    ['it is the only voter left, but another', facts({ memory: voter({ voterIds: [id(2)] }) })],
    ['all peers answer, but without a pause', facts({ peers: [peer(2), peer(3)] })],
  ])('starts in recovery when %s', (_, given) => {
    expect(judgeStart(given).action).toBe('recover');
  });

  test('opens under a lease', () => {
    expect(judgeStart(facts({ daemon: opening('yes', 'a lease') }))).toEqual({
      action: 'start',
      reason: 'a lease',
    });
  });

  test('says why', () => {
    expect(judgeStart(facts()).reason).toContain('port 5479 refused');
    expect(judgeStart(facts({ daemon: opening('no', 'node 2 is the primary') })).reason).toContain('node 2');
  });
});

describe('judgeStart while failover is suspended', () => {
  const suspended = (changes: Partial<StartFacts>, memory: Partial<Voter> = {}): string =>
    action({ memory: voter({ isSuspended: true, ...memory }), ...changes });

  test('opens the last primary when a majority knows of no other', () => {
    expect(suspended({ peers: [peer(2), { nodeId: id(3), view: null }] })).toBe('start');
    expect(suspended({ peers: [peer(2, { primary: id(1) }), peer(3)] })).toBe('start');
  });

  test('needs a majority', () => {
    expect(suspended({ peers: [{ nodeId: id(2), view: null }] })).toBe('recover');
    expect(suspended({ peers: [peer(2)] }, { voterIds: [1, 2, 3, 4].map(id) })).toBe('recover');
    expect(suspended({ peers: [peer(2)] }, { voterIds: [1, 2].map(id) })).toBe('start');
  });

  test('does not count who is not suspended itself, or knows of an earlier reign only', () => {
    expect(suspended({ peers: [peer(2, { isSuspended: false })] })).toBe('recover');
    expect(suspended({ peers: [peer(2, { latestReign: { term: 3, nodeId: id(1) } })] })).toBe('recover');
    expect(suspended({ peers: [peer(2, { latestReign: null })] })).toBe('recover');
  });

  test.each([
    ['leads', { leads: true }],
    ['follows another', { primary: id(3) }],
    ['has heard of a later reign', { latestReign: { term: 5, nodeId: id(3) } }],
    ['has heard of another reign in the same term', { latestReign: { term: 4, nodeId: id(3) } }],
  ])('starts in recovery when one voter %s, whatever the others say', (_, view) => {
    expect(suspended({ peers: [peer(2, view), peer(3)] })).toBe('recover');
  });

  test.each([
    ['another reigned last', { latestReign: { term: 4, nodeId: id(2) } }],
    ['nobody ever reigned', { latestReign: null }],
    ['it was fenced', { intent: 'fenced' }],
    ['it was a standby', { intent: 'standby' }],
    ['it ended its reign itself', { hasEnded: true }],
  ])('starts in recovery when %s', (_, memory) => {
    expect(suspended({ peers: [peer(2), peer(3)] }, memory)).toBe('recover');
  });
});
