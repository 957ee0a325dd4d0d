import type {
  CoreEffect,
  CoreEvent,
  OperationResult,
  PeerRequest,
} from '../../../../src/decisions/failover/events-and-effects.ts';
import {
  type CoreParameters,
  type CoreState,
  type DurableState,
  emptyDurableState,
  initialState,
  type OwnReign,
  type ServerObservation,
} from '../../../../src/decisions/failover/state.ts';
import { step } from '../../../../src/decisions/failover/step.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { NodeId } from '../../../../src/domain/node.ts';
import type {
  HeartbeatReply,
  HeartbeatRequest,
  ProtocolStatus,
  TransferReply,
  VoteReply,
  VoteRequest,
} from '../../../../src/domain/peer-messages.ts';
import type { Reign } from '../../../../src/domain/reign.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import type { Voter, VotingConfiguration } from '../../../../src/domain/voting-configuration.ts';

/** A cluster of three: node 1 reigns in term 3 on timeline 2, nodes 2 and 3 follow. Lease 3 s, fence budget 0.7 s. */
export const leaseMs = 3_000;
export const startMs = 1_000_000;

export const id = (nodeId: number): NodeId => nodeId as NodeId;
export const end = (timeline: number, lsn: number) => ({
  timeline: timeline as TimelineId,
  lsn: BigInt(lsn) as Lsn,
});

export function voter(nodeId: number, incarnation = `incarnation-${nodeId}`): Voter {
  return {
    nodeId: id(nodeId),
    nodeName: `node${nodeId}`,
    incarnation,
    host: `host${nodeId}`,
    port: 5479,
    conninfo: `host=host${nodeId}`,
    replicationUser: 'repmgr',
  };
}

export function reign(term: number, nodeId: number, timeline: number, fork: number, parent?: number): Reign {
  return {
    term,
    nodeId: id(nodeId),
    timeline: timeline as TimelineId,
    parentTimeline: (parent ?? timeline) as TimelineId,
    forkLsn: BigInt(fork) as Lsn,
  };
}

export const reigns = [reign(1, 2, 1, 0), reign(3, 1, 2, 500, 1)];

export const configuration: VotingConfiguration = {
  version: { term: 3, counter: 1 },
  voters: [voter(1), voter(2), voter(3)],
  leaseMs,
  heartbeatIntervalMs: 250,
  paused: false,
  manual: false,
};

export function parameters(nodeId: number): CoreParameters {
  return {
    nodeId: id(nodeId),
    nodeName: `node${nodeId}`,
    leaseMs,
    heartbeatIntervalMs: 250,
    fenceBudgetMs: 700,
    priority: 100,
    isFailoverAutomatic: true,
    crashAction: 'auto',
    crashWindowMs: 600_000,
    restartTimeoutMs: 10_000,
    isAutoRejoinOn: true,
  };
}

export const standbyServer: ServerObservation = {
  verdict: 'up',
  recoveryState: 'standby',
  walEnd: end(2, 1_000),
  isReceiverActive: true,
  isReceiverHeld: false,
  upstream: id(1),
  wasShutDown: false,
};

export const primaryServer: ServerObservation = {
  ...standbyServer,
  recoveryState: 'primary',
  isReceiverActive: false,
  upstream: null,
};

export const goneServer: ServerObservation = {
  ...primaryServer,
  verdict: 'gone',
  recoveryState: null,
};

interface Overrides {
  readonly durable?: Partial<DurableState>;
  readonly parameters?: Partial<CoreParameters>;
  readonly server?: Partial<ServerObservation>;
  readonly state?: Partial<CoreState>;
}

function node(nodeId: number, overrides: Overrides): CoreState {
  const durable: DurableState = {
    ...emptyDurableState(`incarnation-${nodeId}`),
    term: 3,
    reigns,
    configuration,
    longestLeaseMs: leaseMs,
    highestTimeline: 2,
    ...overrides.durable,
  };
  return {
    ...initialState({ ...parameters(nodeId), ...overrides.parameters }, durable),
    listeningSinceMs: startMs - 60_000,
    reachesItself: true,
    server: { ...standbyServer, ...overrides.server },
    serverChangedAtMs: startMs - 60_000,
    walMovedAtMs: startMs - 10_000,
    ...overrides.state,
  };
}

/** Node 2 (unless told): its lease for node 1 is over and its WAL has been still for long. */
export function standby(overrides: Overrides & { readonly nodeId?: number } = {}): CoreState {
  return node(overrides.nodeId ?? 2, overrides);
}

const ownReign: OwnReign = {
  term: 3,
  phase: 'writable',
  acknowledgedAtMs: { 2: startMs, 3: startMs },
  walAcknowledgedAtMs: {},
  leaseSinceCounter: 1,
  nextHeartbeatAtMs: startMs + 250,
  ignoreSentBeforeMs: Number.NEGATIVE_INFINITY,
  leaseFloorMs: Number.NEGATIVE_INFINITY,
  graceUntilMs: null,
  configurationStoredBy: { 1: '3.1', 2: '3.1', 3: '3.1' },
  recentCrashesAtMs: [],
  higherTerm: null,
};

/** Node 1, writable, its last round acknowledged by everybody at `startMs`. */
export function primary(overrides: Overrides & { readonly reign?: Partial<OwnReign> } = {}): CoreState {
  return node(1, {
    ...overrides,
    durable: { intent: 'primary', votedFor: id(1), ...overrides.durable },
    server: { ...primaryServer, ...overrides.server },
    state: {
      role: 'primary',
      walMovedAtMs: null,
      reign: { ...ownReign, ...overrides.reign },
      ...overrides.state,
    },
  });
}

type Distribute<T> = T extends unknown ? Omit<T, 'nowMs' | 'random'> : never;

/** What a reply may be; the test knows which one it asked for. */
type AnyReply = HeartbeatReply & VoteReply & TransferReply;

type EffectOf<T extends CoreEffect['type']> = CoreEffect & { type: T };

/** One core with a clock that only `at` and `after` move, and everything it ever answered. */
export class Core {
  state: CoreState;
  nowMs = startMs;
  effects: readonly CoreEffect[] = [];

  constructor(state: CoreState) {
    this.state = state;
  }

  feed(event: Distribute<CoreEvent>): this {
    const result = step(this.state, { ...event, nowMs: this.nowMs, random: 0.5 });
    this.state = result.state;
    this.effects = result.effects;
    return this;
  }

  /** Lets time pass as the shell does: every timer wakes the core. */
  after(ms: number): this {
    const untilMs = this.nowMs + ms;
    const seen: CoreEffect[] = [];
    for (;;) {
      const due = this.state.timerDueMs;
      if (due === null || due > untilMs) break;
      this.nowMs = Math.max(due, this.nowMs);
      seen.push(...this.feed({ type: 'tick' }).effects);
    }
    this.nowMs = untilMs;
    this.feed({ type: 'tick' });
    this.effects = [...seen, ...this.effects];
    return this;
  }

  /** Time passes without anybody waking the core. */
  sleep(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  request(from: number, request: PeerRequest): AnyReply {
    this.feed({ type: 'request', from: id(from), replyTo: 'asked', request });
    return this.reply();
  }

  reply(replyTo = 'asked'): AnyReply {
    const reply = this.all('reply').find((effect) => effect.replyTo === replyTo);
    if (reply === undefined) throw new Error('no reply was given');
    return reply.body as AnyReply;
  }

  finish(result: OperationResult): this {
    const { operation } = this.state;
    if (operation === null) throw new Error('no operation is under way');
    return this.feed({ type: 'operationFinished', id: operation.id, result });
  }

  all<T extends CoreEffect['type']>(type: T): readonly EffectOf<T>[] {
    return this.effects.filter((effect): effect is EffectOf<T> => effect.type === type);
  }

  one<T extends CoreEffect['type']>(type: T): EffectOf<T> {
    const found = this.all(type)[0];
    if (found === undefined) throw new Error(`no effect ${type} among ${this.types().join(', ')}`);
    return found;
  }

  has(type: CoreEffect['type']): boolean {
    return this.all(type).length > 0;
  }

  types(): readonly string[] {
    return this.effects.map((effect) => effect.type);
  }

  sent(message: PeerRequest['message']): readonly EffectOf<'send'>[] {
    return this.all('send').filter((effect) => effect.request.message === message);
  }

  /** Everybody else's answers to what was sent last as `message`. */
  answer(message: 'prevote' | 'vote', reply: Partial<VoteReply>, from: readonly number[] = [1, 3]): this {
    const scope = this.state.campaign?.id ?? 0;
    for (const nodeId of from) {
      this.feed({
        type: 'response',
        from: id(nodeId),
        tag: { sentAtMs: this.state.campaign?.sentAtMs ?? this.nowMs, scope },
        response: { message, body: voteReply(nodeId, reply) },
      });
    }
    return this;
  }

  answerStatus(from: number, body: ProtocolStatus | null, scope = this.state.campaign?.id ?? 0): this {
    const tag = { sentAtMs: this.nowMs, scope };
    return this.feed({
      type: 'response',
      from: id(from),
      tag,
      response: { message: 'status', body },
    });
  }

  answerHeartbeat(from: number, reply: Partial<HeartbeatReply> = {}, sentAtMs = this.nowMs): this {
    const tag = { sentAtMs, scope: this.state.reign?.term ?? 0 };
    const body: HeartbeatReply = {
      ...identity(from),
      accepted: true,
      reason: null,
      reigns,
      configuration: null,
      highestTimeline: 2,
      ...reply,
    };
    return this.feed({ type: 'response', from: id(from), tag, response: { message: 'heartbeat', body } });
  }

  answerTransfer(from: number, reply: Partial<TransferReply>): this {
    const tag = { sentAtMs: this.nowMs, scope: -(this.state.handover?.term ?? 0) };
    const body: TransferReply = { ...identity(from), accepted: true, reason: null, ...reply };
    return this.feed({ type: 'response', from: id(from), tag, response: { message: 'transfer', body } });
  }
}

function identity(nodeId: number) {
  return {
    nodeId: id(nodeId),
    incarnation: `incarnation-${nodeId}`,
    startCounter: 1,
    term: 3,
    configurationVersion: configuration.version,
  };
}

export function heartbeat(overrides: Partial<HeartbeatRequest> = {}): PeerRequest {
  return {
    message: 'heartbeat',
    body: { term: 3, primary: id(1), phase: 'writable', configuration, reigns, ...overrides },
  };
}

/** Node 3 asks, with everything that node 2 has, unless told otherwise. */
export function voteRequest(overrides: Partial<VoteRequest> = {}): VoteRequest {
  return {
    term: 4,
    candidate: id(3),
    position: { reignTerm: 3, lsn: 1_000n as Lsn },
    configurationVersion: configuration.version,
    leaseMs,
    token: null,
    timeline: 3,
    reigns,
    ...overrides,
  };
}

export function voteReply(nodeId: number, overrides: Partial<VoteReply> = {}): VoteReply {
  return {
    ...identity(nodeId),
    granted: true,
    reason: null,
    position: null,
    configuration: null,
    reigns,
    highestTimeline: 2,
    ...overrides,
  };
}

/** A standby with the same WAL as node 2, bound to nobody. */
export function status(nodeId: number, overrides: Partial<ProtocolStatus> = {}): ProtocolStatus {
  return {
    ...identity(nodeId),
    role: 'follower',
    phase: null,
    primary: null,
    leaseRemainingMs: 0,
    leaseHolder: null,
    walStillMs: null,
    isPromotable: true,
    notPromotableReason: null,
    position: { reignTerm: 3, lsn: 1_000n as Lsn },
    walEnd: end(2, 1_000),
    priority: 100,
    paused: false,
    manual: false,
    reigns,
    highestTimeline: 2 as TimelineId,
    voterIds: [id(1), id(2), id(3)],
    votersHeard: [],
    ...overrides,
  };
}
