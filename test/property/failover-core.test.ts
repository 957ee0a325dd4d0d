import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CoreEvent, OperationResult } from '../../src/decisions/failover/events-and-effects.ts';
import type { CoreState, DurableState } from '../../src/decisions/failover/state.ts';
import { step } from '../../src/decisions/failover/step.ts';
import type { Lsn } from '../../src/domain/lsn.ts';
import type { VoteReply } from '../../src/domain/peer-messages.ts';
import {
  configuration,
  end,
  goneServer,
  heartbeat,
  id,
  primary,
  primaryServer,
  reign,
  reigns,
  standby,
  standbyServer,
  startMs,
  status,
  voteReply,
  voteRequest,
} from '../unit/decisions/failover/core-fixture.ts';

const other = fc.constantFrom(1, 3);
const term = fc.integer({ min: 2, max: 7 });
const walEnd = fc.option(
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 400, max: 1_100 })).map(([a, b]) => end(a, b)),
);
const heard = fc.constantFrom(reigns, [...reigns, reign(4, 3, 3, 900, 2)], reigns.slice(0, 1));

type Distribute<T> = T extends unknown ? Omit<T, 'nowMs' | 'random'> : never;
type Bare =
  | Distribute<CoreEvent>
  | { readonly type: 'finish'; readonly ok: boolean; readonly end: ReturnType<typeof end> | null };

const events: fc.Arbitrary<Bare> = fc.oneof(
  fc.constant({ type: 'tick' } as const),
  fc.record({
    type: fc.constant('observed' as const),
    server: fc
      .tuple(fc.constantFrom(standbyServer, primaryServer, goneServer), walEnd)
      .map(([server, last]) => ({ ...server, walEnd: last })),
    walMovedAtMs: fc.option(fc.integer({ min: startMs, max: startMs + 20_000 })),
  }),
  fc.tuple(other, term, fc.boolean(), heard).map(([from, of, isWritable, known]) => ({
    type: 'request' as const,
    from: id(from),
    replyTo: 'heartbeat',
    request: heartbeat({
      term: of,
      primary: id(from),
      phase: isWritable ? 'writable' : 'promoting',
      reigns: known,
    }),
  })),
  fc
    .tuple(other, term, fc.integer({ min: 400, max: 1_100 }), fc.integer({ min: 2, max: 9 }), heard)
    .map(([from, of, lsn, timeline, known]) => ({
      type: 'request' as const,
      from: id(from),
      replyTo: 'vote',
      request: {
        message: 'vote' as const,
        body: voteRequest({
          candidate: id(from),
          term: of,
          position: { reignTerm: 3, lsn: BigInt(lsn) as Lsn },
          timeline,
          reigns: known,
        }),
      },
    })),
  fc
    .tuple(other, fc.boolean(), fc.integer({ min: 1, max: 60 }), fc.constantFrom('vote', 'prevote'))
    .map(([from, granted, scope, message]) => ({
      type: 'response' as const,
      from: id(from),
      tag: { sentAtMs: startMs, scope },
      response: { message: message as 'vote', body: voteReply(from, { granted }) },
    })),
  fc.tuple(other, fc.integer({ min: 1, max: 60 })).map(([from, scope]) => ({
    type: 'response' as const,
    from: id(from),
    tag: { sentAtMs: startMs, scope },
    response: { message: 'status' as const, body: status(from) },
  })),
  fc.tuple(other, term).map(([from, of]) => ({
    type: 'request' as const,
    from: id(from),
    replyTo: 'released',
    request: { message: 'released' as const, body: { nodeId: id(from), term: of } },
  })),
  fc.tuple(other, term, fc.integer({ min: 0, max: 9_000 })).map(([from, of, afterMs]) => ({
    type: 'walAcknowledged' as const,
    from: id(from),
    term: of,
    sentAtMs: startMs + afterMs,
  })),
  fc.record({ type: fc.constant('finish' as const), ok: fc.boolean(), end: walEnd }),
);

function resultOf(
  state: CoreState,
  ok: boolean,
  last: ReturnType<typeof end> | null,
): OperationResult | null {
  switch (state.operation?.kind) {
    case 'fence':
      return { kind: 'fence', isVerified: ok, walEnd: last };
    case 'promote':
      return {
        kind: 'promote',
        promoted: ok && last !== null ? { timeline: last.timeline, forkLsn: last.lsn } : null,
        reason: null,
      };
    case 'startPrimary':
      return { kind: 'startPrimary', isWritable: ok, reason: null };
    case 'assessCrash':
      return {
        kind: 'assessCrash',
        assessment: ok ? { walEnd: last, redoBytes: 0n, wasShutDown: false } : null,
        reason: null,
      };
    case 'stopReceiver':
      return { kind: 'stopReceiver', walEnd: last, reason: null };
    case 'startStandby':
    case 'follow':
    case 'rejoin':
    case 'restoreReceiver':
      return { kind: state.operation.kind, ok, reason: null };
    default:
      return null;
  }
}

/** What must hold for one node, whatever is sent to it in whatever order. */
class Watch {
  stored: DurableState;
  private readonly votes = new Map<number, number>();

  constructor(state: CoreState) {
    this.stored = state.durable;
  }

  after(result: ReturnType<typeof step>): void {
    for (const effect of result.effects) {
      if (effect.type === 'persist') {
        expect(effect.durable.term).toBeGreaterThanOrEqual(this.stored.term);
        expect(effect.durable.highestTimeline).toBeGreaterThanOrEqual(this.stored.highestTimeline);
        this.stored = effect.durable;
        this.noteVote();
      }
      if (effect.type === 'reply' && (effect.body as VoteReply).granted) {
        expect(this.stored.votedFor).not.toBeNull();
        expect(this.stored.term).toBe((effect.body as VoteReply).term);
      }
      // Nothing is opened for writing whose reign is not on disk and whose lease is not held.
      if (effect.type === 'promote' || effect.type === 'startPrimary') {
        expect(this.stored.reigns.at(-1)).toMatchObject({ nodeId: 2 });
        expect(result.state.reign).not.toBeNull();
      }
    }
    if (result.state.role === 'fencing') expect(result.state.reign).toBeNull();
  }

  private noteVote(): void {
    const { term: of, votedFor } = this.stored;
    if (votedFor === null) return;
    expect(this.votes.get(of) ?? votedFor).toBe(votedFor);
    this.votes.set(of, votedFor);
  }
}

describe('the core, whatever happens to it', () => {
  it.each([
    ['a standby', () => standby()],
    [
      'a primary',
      () => ({
        ...primary(),
        parameters: standby().parameters,
        durable: {
          ...primary().durable,
          incarnation: 'incarnation-2',
          configuration,
          votedFor: null,
          reigns: [reign(1, 1, 1, 0), reign(3, 2, 2, 500, 1)],
        },
      }),
    ],
  ])(
    '%s never goes back in term, votes twice, answers before storing or opens without a reign',
    (_, initial) => {
      const steps = fc.array(fc.tuple(events, fc.constantFrom(0, 1, 20, 300, 3_100)), { maxLength: 60 });
      fc.assert(
        fc.property(steps, (sequence) => {
          let state: CoreState = initial();
          let nowMs = startMs;
          const watch = new Watch(state);
          for (const [bare, passMs] of sequence) {
            nowMs += passMs;
            const result = bare.type === 'finish' ? resultOf(state, bare.ok, bare.end) : null;
            const event =
              bare.type !== 'finish'
                ? bare
                : result === null
                  ? ({ type: 'tick' } as const)
                  : ({ type: 'operationFinished', id: state.operation?.id ?? 0, result } as const);
            const next = step(state, { ...event, nowMs, random: 0.5 });
            watch.after(next);
            ({ state } = next);
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});
