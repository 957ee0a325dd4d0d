import type {
  CoreEffect,
  PeerRequest,
  PeerResponse,
} from '../../../src/decisions/failover/events-and-effects.ts';
import { type CoreParameters, emptyDurableState } from '../../../src/decisions/failover/state.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import type { VoteReply } from '../../../src/domain/peer-messages.ts';
import type { Voter } from '../../../src/domain/voting-configuration.ts';
import { Checkers } from './checkers.ts';
import { Random } from './random.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedNode } from './simulated-node.ts';
import { SimulatedServer } from './simulated-server.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly leaseMs?: number;
}

/** N daemons with their servers, one virtual clock, one faulty network, one client that never rests. */
export class World {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly network: SimulatedNetwork;
  readonly checkers: Checkers;
  readonly nodes: readonly SimulatedNode[];
  readonly voters: readonly Voter[];
  readonly log: string[] = [];
  /** How long no node was writable, in all. */
  outageMs = 0;
  private lastWriteMs = 0;
  private readonly pending = new Map<string, (body: unknown) => void>();
  private readonly votesAsked = new Map<string, number>();
  private requests = 0;

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed);
    this.network = new SimulatedNetwork(this.clock, this.random);
    this.checkers = new Checkers(this);
    const ids = Array.from({ length: options.nodes }, (_, index) => (index + 1) as NodeId);
    this.voters = ids.map((nodeId) => ({
      nodeId,
      nodeName: `node${nodeId}`,
      incarnation: `incarnation-${nodeId}`,
      host: `host${nodeId}`,
      port: 5479,
      conninfo: `host=host${nodeId}`,
      replicationUser: 'repmgr',
    }));
    const history = SimulatedServer.firstHistory();
    this.nodes = ids.map((nodeId) => this.makeNode(nodeId, history, options.leaseMs ?? 3_000));
    for (const node of this.nodes) node.start();
    this.streamRegularly();
    this.writeRegularly();
  }

  private makeNode(nodeId: NodeId, history: SimulatedServer['history'], leaseMs: number): SimulatedNode {
    const parameters: CoreParameters = {
      nodeId,
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
    const server = new SimulatedServer(
      nodeId === 1 ? 'primary' : 'standby',
      nodeId === 1 ? null : (1 as NodeId),
      history,
    );
    const rate = 1 + this.random.between(-0.008, 0.008);
    return new SimulatedNode(this, parameters, server, emptyDurableState(`incarnation-${nodeId}`), rate);
  }

  node(nodeId: number): SimulatedNode {
    const node = this.nodes[nodeId - 1];
    if (node === undefined) throw new Error(`no node ${nodeId}`);
    return node;
  }

  trace(node: SimulatedNode, text: string): void {
    this.log.push(`${this.clock.nowMs.toFixed(1).padStart(10)}  n${node.nodeId}  ${text}`);
  }

  note(text: string): void {
    this.log.push(`${this.clock.nowMs.toFixed(1).padStart(10)}  --  ${text}`);
  }

  run(untilMs: number): void {
    this.clock.runUntil(untilMs, () => this.checkers.afterEvent());
  }

  send(sender: SimulatedNode, effect: CoreEffect & { type: 'send' }): void {
    this.requests += 1;
    const replyTo = `${sender.nodeId}.${sender.life}.${this.requests}`;
    const { life } = sender;
    const target = effect.to.nodeId;
    const finish = (body: unknown) => {
      if (!this.pending.delete(replyTo) || life !== sender.life) return;
      const response = { message: effect.request.message, body } as PeerResponse;
      sender.feed({ type: 'response', from: target, tag: effect.tag, response });
    };
    this.pending.set(replyTo, finish);
    if (effect.request.message === 'vote') this.votesAsked.set(replyTo, effect.request.body.term);
    this.clock.after(effect.timeoutMs, () => finish(null));
    const receiver = this.node(target);
    if (receiver.state === null && this.network.isConnected(sender.nodeId, target)) {
      this.clock.after(this.random.between(0.2, 3), () => finish(null));
      return;
    }
    this.network.deliver(sender.nodeId, target, () => {
      const request = effect.request as PeerRequest;
      receiver.feed({ type: 'request', from: sender.nodeId, replyTo, request });
    });
  }

  reply(sender: SimulatedNode, replyTo: string, body: unknown): void {
    const term = this.votesAsked.get(replyTo);
    if (term !== undefined) this.checkers.onVote(sender, term, body as VoteReply);
    const target = Number(replyTo.split('.')[0]);
    this.network.deliver(sender.nodeId, target, () => this.pending.get(replyTo)?.(body));
  }

  private streamRegularly(): void {
    for (const node of this.nodes) {
      const { server } = node;
      if (!server.isRunning || server.recoveryState !== 'standby' || node.isPaused) continue;
      const upstream = server.upstream === null ? undefined : this.node(server.upstream);
      const isOpen =
        upstream !== undefined && upstream.server.isRunning && !upstream.isPaused && !server.isReceiverHeld;
      if (isOpen && this.network.isConnected(node.nodeId, upstream.nodeId))
        server.streamFrom(upstream.server, this.clock.nowMs);
      else server.isStreaming = false;
    }
    this.clock.after(this.random.between(8, 16), () => this.streamRegularly());
  }

  private writeRegularly(): void {
    const writable = this.nodes.filter((node) => node.server.isWritable && !node.isPaused);
    for (const node of writable) node.server.write(100n);
    const { nowMs } = this.clock;
    if (writable.length === 0) this.outageMs += nowMs - this.lastWriteMs;
    this.lastWriteMs = nowMs;
    this.clock.after(this.random.between(5, 15), () => this.writeRegularly());
  }
}
