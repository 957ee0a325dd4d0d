import { describe, expect, it } from 'vitest';
import { rankOf } from '../../../../src/decisions/failover/rank-candidates.ts';
import { Transition } from '../../../../src/decisions/failover/transition.ts';
import { refuseVote } from '../../../../src/decisions/failover/voter.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { ProtocolStatus } from '../../../../src/domain/peer-messages.ts';
import { id, primaryServer, standby, startMs, voteRequest } from './core-fixture.ts';

const justStarted = { listeningSinceMs: startMs - 10 };
const fromTheLastPrimary = voteRequest({ candidate: id(1), timeline: null });

describe('daemons that are all restarted at once', () => {
  it.each([
    ['the primary of the last term has its lease back at once', { state: justStarted }, null],
    [
      'not where another was voted for since',
      { state: justStarted, durable: { votedFor: id(3) } },
      'its daemon has just started',
    ],
    [
      'not where a newer term was heard of',
      { state: justStarted, durable: { term: 4 } },
      'its daemon has just started',
    ],
    [
      'not by a daemon that does not reach itself',
      { state: { reachesItself: false } },
      'its daemon has just started',
    ],
  ])('%s', (_, overrides, expected) => {
    const request = { ...fromTheLastPrimary, term: 5 };
    expect(refuseVote(new Transition(standby(overrides), startMs, 0), request)).toBe(expected);
  });

  it('leave the primary where it is, though a node of a lower id has the same WAL', () => {
    const open = standby({ nodeId: 3, server: primaryServer });
    const status = (lsn: bigint) =>
      ({
        nodeId: id(2),
        isPromotable: true,
        priority: 100,
        position: { reignTerm: 3, lsn: lsn as Lsn },
      }) as ProtocolStatus;
    expect(rankOf(new Transition(open, startMs, 0), [status(1_000n)])).toBe(0);
    expect(rankOf(new Transition(open, startMs, 0), [status(1_001n)])).toBe(1);
  });
});
