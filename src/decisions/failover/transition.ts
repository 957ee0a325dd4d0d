import type { Reasoning } from '../../domain/decision-record.ts';
import type { EventName } from '../../domain/event.ts';
import type { NodeId } from '../../domain/node.ts';
import type { Voter } from '../../domain/voting-configuration.ts';
import type { CoreEffect, PeerRequest, RequestTag } from './events-and-effects.ts';
import type { CoreState, DurableState, Explanation, Operation } from './state.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One step under way: the successor state, built field by field (nested values are replaced, never
 * changed), and the effects in order. Lives no longer than the call of `step`.
 */
export class Transition {
  readonly state: Mutable<CoreState>;
  readonly effects: CoreEffect[] = [];
  readonly nowMs: number;
  readonly random: number;
  private persisted: DurableState;

  constructor(state: CoreState, nowMs: number, random: number) {
    this.state = { ...state };
    this.nowMs = nowMs;
    this.random = random;
    this.persisted = state.durable;
  }

  get self(): NodeId {
    return this.state.parameters.nodeId;
  }

  get voters(): readonly Voter[] {
    return this.state.durable.configuration?.voters ?? [];
  }

  get otherVoters(): readonly Voter[] {
    return this.voters.filter((voter) => voter.nodeId !== this.self);
  }

  voter(nodeId: NodeId): Voter | undefined {
    return this.voters.find((voter) => voter.nodeId === nodeId);
  }

  /** Lease in force: what the configuration says, else what this node's file says. */
  get leaseMs(): number {
    return this.state.durable.configuration?.leaseMs ?? this.state.parameters.leaseMs;
  }

  remember(change: Partial<DurableState>): void {
    this.state.durable = { ...this.state.durable, ...change };
  }

  /** Emits a persist effect where the durable state changed since the last one. */
  flush(): void {
    if (this.persisted === this.state.durable) return;
    this.persisted = this.state.durable;
    this.effects.push({ type: 'persist', durable: this.state.durable });
  }

  reply(replyTo: string, body: unknown): void {
    this.flush();
    this.effects.push({ type: 'reply', replyTo, body });
  }

  send(to: Voter, request: PeerRequest, tag: RequestTag, timeoutMs: number): void {
    this.flush();
    this.effects.push({ type: 'send', to, request, tag, timeoutMs });
  }

  /** Reserves the server for `kind` and returns the number under which its result comes back. */
  begin(kind: Operation): number {
    const id = this.newId();
    this.state.operation = { kind, id, startedAtMs: this.nowMs };
    return id;
  }

  newId(): number {
    this.state.nextId += 1;
    return this.state.nextId;
  }

  effect(effect: CoreEffect): void {
    this.flush();
    this.effects.push(effect);
  }

  notify(event: EventName, details: string, options: { successful?: boolean; subject?: NodeId } = {}): void {
    this.effects.push({
      type: 'notify',
      event,
      details,
      successful: options.successful ?? true,
      ...(options.subject === undefined ? {} : { subject: options.subject }),
    });
  }

  /** Records a decision once; the same text again is no news. */
  explain(
    rule: string,
    text: string,
    evidence: Explanation['evidence'] = {},
    reasoning: Reasoning = {},
  ): void {
    if (this.state.explanation?.text === text) return;
    const explanation: Explanation = { atMs: this.nowMs, rule, text, evidence, ...reasoning };
    this.state.explanation = explanation;
    this.effects.push({ type: 'explain', explanation });
  }
}
