import type {
  CoreEffect,
  CoreEvent,
  PeerRequest,
  PeerResponse,
} from '../decisions/failover/events-and-effects.ts';
import {
  type CoreParameters,
  type CoreState,
  type DurableState,
  initialState,
} from '../decisions/failover/state.ts';
import { step } from '../decisions/failover/step.ts';
import type { NodeId } from '../domain/node.ts';
import type { ShutdownRequest } from '../domain/peer-messages.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import { messageOf, type Node } from './node.ts';
import type { StateStore } from './state-store.ts';
import {
  decode,
  heartbeatReply,
  protocolStatus,
  releaseReply,
  toJsonValue,
  transferReply,
  voteReply,
} from './wire/schemas.ts';

type Distribute<T> = T extends unknown ? Omit<T, 'nowMs' | 'random'> : never;
export type BareEvent = Distribute<CoreEvent>;
/** Effects that the loop hands on; the others it carries out itself. */
export type ServerEffect = Exclude<
  CoreEffect,
  { type: 'persist' | 'reply' | 'send' | 'setTimer' | 'markStandby' }
>;

export interface CoreLoopOptions {
  readonly node: Node;
  readonly store: StateStore;
  readonly durable: DurableState;
  readonly parameters: CoreParameters;
  /** Undefined until this node knows the cluster key. */
  readonly network: () => PeerNetwork | undefined;
  readonly perform: (effect: ServerEffect, stored: Promise<void>) => void;
  /** Told of the state after each step, before its effects are carried out. */
  readonly onStep?: (state: CoreState) => void;
  /** Never rejects: a failure is reported, and the core's stored intent still keeps the server from opening. */
  readonly markStandby: () => Promise<void>;
}

/** Requests that one peer may leave unanswered at a time; more would only pile up. */
const maxUnderway = 16;
const persistRetryMs = 500;

/**
 * Feeds events to the protocol core and carries out what it answers with. Nothing here decides, and nothing here
 * waits: a reply or request that depends on stored state follows its storing, everything else goes at once.
 */
export class CoreLoop {
  private readonly options: CoreLoopOptions;
  private current: CoreState;
  /** What replies and requests wait for. */
  private stored: Promise<void> = Promise.resolve();
  private latestSave: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private isEnded = false;
  private readonly replies = new Map<string, (body: unknown) => void>();
  private readonly underway = new Map<NodeId, number>();
  private requests = 0;

  constructor(options: CoreLoopOptions) {
    this.options = options;
    this.current = initialState(options.parameters, options.durable);
  }

  get state(): CoreState {
    return this.current;
  }

  /** Stores the raised start counter before anything is said to anybody. */
  async start(): Promise<void> {
    await this.options.store.save(this.current.durable);
    this.feed({ type: 'tick' });
  }

  end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
    for (const answer of this.replies.values()) answer(undefined);
    this.replies.clear();
  }

  feed(event: BareEvent): void {
    if (this.isEnded) return;
    const nowMs = this.options.node.adapters.clock.monotonicMs();
    const result = step(this.current, { ...event, nowMs, random: Math.random() });
    this.current = result.state;
    this.options.onStep?.(result.state);
    for (const effect of result.effects) this.carryOut(effect);
  }

  /** A peer's request; resolves with the core's reply, or undefined when the daemon ends first. */
  request(from: NodeId, request: PeerRequest): Promise<unknown> {
    return this.expectReply((replyTo) => this.feed({ type: 'request', from, replyTo, request }));
  }

  requestPause(paused: boolean): Promise<unknown> {
    return this.expectReply((replyTo) => this.feed({ type: 'pauseRequested', replyTo, paused }));
  }

  requestShutdown(request: ShutdownRequest): Promise<unknown> {
    return this.expectReply((replyTo) => this.feed({ type: 'shutdownRequested', replyTo, ...request }));
  }

  private expectReply(feed: (replyTo: string) => void): Promise<unknown> {
    this.requests += 1;
    const replyTo = String(this.requests);
    return new Promise((resolve) => {
      this.replies.set(replyTo, resolve);
      feed(replyTo);
    });
  }

  private carryOut(effect: CoreEffect): void {
    switch (effect.type) {
      case 'persist':
        this.persist(effect.durable);
        return;
      case 'reply':
        this.afterStoring(
          () => this.answer(effect.replyTo, effect.body),
          () => this.answer(effect.replyTo, undefined),
        );
        return;
      case 'send':
        this.afterStoring(() => void this.send(effect));
        return;
      case 'setTimer':
        this.setTimer(effect.atMs);
        return;
      case 'markStandby':
        // No token leaves before the crashed server is bound to start in recovery (failover.md §5).
        this.stored = Promise.all([this.stored, this.options.markStandby()]).then(() => undefined);
        this.stored.catch(() => undefined); // reported where the storing failed
        return;
      default:
        this.options.perform(effect, this.stored);
    }
  }

  private answer(replyTo: string, body: unknown): void {
    this.replies.get(replyTo)?.(body);
    this.replies.delete(replyTo);
  }

  private persist(durable: DurableState): void {
    const { store, node } = this.options;
    const stored = store.save(durable);
    this.stored = stored;
    this.latestSave = stored;
    stored.catch((error: unknown) => {
      this.persistLater(stored);
      node.log.error(`the state of this voter could not be stored in "${store.path}"`, {
        detail: messageOf(error),
        hint: 'without it this node neither votes nor leads; check disk and permissions',
        atMostEvery: { id: 'state-not-stored', intervalMs: 10_000 },
      });
    });
  }

  /** Nothing is said to anybody until the state is on disk, so it is tried again until it is. */
  private persistLater(failed: Promise<void>): void {
    setTimeout(() => {
      if (!this.isEnded && this.latestSave === failed) this.persist(this.current.durable);
    }, persistRetryMs);
  }

  private afterStoring(run: () => void, otherwise: () => void = () => undefined): void {
    void this.stored.then(run, otherwise);
  }

  private setTimer(atMs: number): void {
    clearTimeout(this.timer);
    const leftMs = atMs - this.options.node.adapters.clock.monotonicMs();
    this.timer = setTimeout(() => this.onTimer(atMs), Math.max(0, Math.ceil(leftMs)));
  }

  /** Timers may fire a little early by the clock that counts here; the core would take that for an idle tick. */
  private onTimer(atMs: number): void {
    if (this.options.node.adapters.clock.monotonicMs() < atMs) this.setTimer(atMs);
    else this.feed({ type: 'tick' });
  }

  private async send({ to, request, tag, timeoutMs }: CoreEffect & { type: 'send' }): Promise<void> {
    const network = this.options.network();
    const underway = this.underway.get(to.nodeId) ?? 0;
    const answer = (body: unknown): void => {
      const response = { message: request.message, body: decodeReply(request.message, body) } as PeerResponse;
      this.feed({ type: 'response', from: to.nodeId, tag, response });
    };
    if (network === undefined || underway >= maxUnderway || this.isEnded) {
      setImmediate(() => answer(undefined));
      return;
    }
    this.underway.set(to.nodeId, underway + 1);
    const reply = await network.request(to, request.message, toJsonValue(request.body ?? {}), {
      timeoutMs,
      signal: this.options.node.ending,
    });
    this.underway.set(to.nodeId, (this.underway.get(to.nodeId) ?? 1) - 1);
    answer(reply.kind === 'answered' ? reply.body : undefined);
  }
}

/** Null, nothing, for what isn't a proper reply. */
function decodeReply(message: PeerRequest['message'], body: unknown): PeerResponse['body'] {
  switch (message) {
    case 'heartbeat':
      return decode(heartbeatReply, body) ?? null;
    case 'prevote':
    case 'vote':
      return decode(voteReply, body) ?? null;
    case 'transfer':
      return decode(transferReply, body) ?? null;
    case 'released':
      return decode(releaseReply, body) ?? null;
    case 'status':
      return decode(protocolStatus, body) ?? null;
    default:
      return message satisfies never;
  }
}
