import { endReign } from '../../../src/decisions/failover/end-reign.ts';
import type { CoreEffect, PeerResponse } from '../../../src/decisions/failover/events-and-effects.ts';
import { type CoreParameters, emptyDurableState } from '../../../src/decisions/failover/state.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import type { VoteReply, VoterIdentity } from '../../../src/domain/peer-messages.ts';
import type { Voter } from '../../../src/domain/voting-configuration.ts';
import { Checkers } from './checkers.ts';
import { loseHost } from './faults.ts';
import { Random } from './random.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { type Boundary, SimulatedNode } from './simulated-node.ts';
import { SimulatedServer } from './simulated-server.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly leaseMs?: number;
  readonly conditions?: Partial<Conditions>;
  /** Nodes registered at first; the others come later, by `register`. */
  readonly registered?: number;
  readonly parameters?: (nodeId: NodeId) => Partial<CoreParameters>;
}

/** What is wrong with disks, servers and clocks all the time. */
export interface Conditions {
  readonly slowDiskProbability: number;
  readonly slowDiskMs: number;
  readonly promoteFailure: number;
  readonly promoteHang: number;
  readonly restartFailure: number;
  /** Much replay before each promotion: it takes about as long as a lease, or longer. */
  readonly isPromotionSlow: boolean;
  readonly clockRateError: number;
  /** How often a daemon looks at its server; null: as the daemon itself decides. */
  readonly observationMs: number | null;
  /** What every operation on a server takes; null: as long as such things take, at random. */
  readonly operationMs: number | null;
}

const healthyConditions: Conditions = {
  slowDiskProbability: 0.03,
  slowDiskMs: 250,
  promoteFailure: 0.03,
  promoteHang: 0,
  restartFailure: 0.1,
  isPromotionSlow: false,
  clockRateError: 0.008,
  observationMs: null,
  operationMs: null,
};

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
  conditions: Conditions;
  private readonly members = new Set<NodeId>();
  /** Without it nothing but what the daemons write themselves moves WAL. */
  hasTraffic = true;
  /** From here on nothing goes wrong any more. */
  isHealed = false;
  private lastWriteMs = 0;
  private readonly pending = new Map<string, (body: unknown) => void>();
  private readonly votesAsked = new Map<string, { readonly term: number; readonly candidate: NodeId }>();
  private requests = 0;

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed);
    this.conditions = { ...healthyConditions, ...options.conditions };
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
    for (const nodeId of ids.slice(0, options.registered ?? ids.length)) this.members.add(nodeId);
    this.nodes = ids.map((nodeId) => this.makeNode(nodeId, history, options));
    for (const node of this.nodes) node.start();
    this.streamRegularly();
    this.writeRegularly();
  }

  /** What repmgr.nodes says: the daemons read it where a server runs. */
  get registered(): readonly Voter[] {
    return this.voters.filter((voter) => this.members.has(voter.nodeId));
  }

  isMember(nodeId: NodeId): boolean {
    return this.members.has(nodeId);
  }

  register(nodeId: NodeId): void {
    this.note(`node ${nodeId} registered`);
    this.members.add(nodeId);
  }

  unregister(nodeId: NodeId): void {
    this.note(`node ${nodeId} unregistered`);
    this.members.delete(nodeId);
  }

  private makeNode(
    nodeId: NodeId,
    history: SimulatedServer['history'],
    options: WorldOptions,
  ): SimulatedNode {
    const parameters: CoreParameters = {
      nodeId,
      nodeName: `node${nodeId}`,
      leaseMs: options.leaseMs ?? 3_000,
      heartbeatIntervalMs: 250,
      fenceBudgetMs: 700,
      priority: 100,
      isFailoverAutomatic: true,
      crashAction: 'auto',
      crashWindowMs: 600_000,
      restartTimeoutMs: 10_000,
      isAutoRejoinOn: true,
      promoteTimeoutMs: 4_000,
      ...options.parameters?.(nodeId),
    };
    const server = new SimulatedServer(
      nodeId === 1 ? 'primary' : 'standby',
      nodeId === 1 ? null : (1 as NodeId),
      history,
    );
    if (parameters.isWitness === true) {
      server.stop();
      server.hasStandbySignal = false;
    }
    const { clockRateError } = this.conditions;
    const rate = 1 + this.random.between(-clockRateError, clockRateError);
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
    if (effect.request.message === 'vote') this.votesAsked.set(replyTo, effect.request.body);
    this.clock.after(effect.timeoutMs, () => finish(null));
    const receiver = this.node(target);
    if (receiver.state === null && this.network.isConnected(sender.nodeId, target, 'daemon')) {
      this.clock.after(this.random.between(0.2, 3), () => finish(null));
      return;
    }
    this.network.deliver(sender.nodeId, target, () => {
      receiver.receive(sender.nodeId, replyTo, effect.request);
    });
  }

  reply(sender: SimulatedNode, replyTo: string, body: unknown): void {
    this.checkers.onReply(sender, body as Partial<VoterIdentity>);
    const request = this.votesAsked.get(replyTo);
    if (request !== undefined) this.checkers.onVote(sender, replyTo, request, body as VoteReply);
    const target = Number(replyTo.split('.')[0]);
    this.network.deliver(sender.nodeId, target, () => this.pending.get(replyTo)?.(body));
  }

  /** What the host of a dead daemon and a dead server does in their name (`repmgr node farewell`). */
  sayFarewell(node: SimulatedNode): void {
    if (node.state !== null || node.server.isRunning) return;
    const ended = endReign(node.durable, node.nodeId);
    if (ended === null) return;
    node.durable = { ...node.durable, ...ended.change };
    node.server.hasStandbySignal = true;
    this.note(`node ${node.nodeId} says that its reign of term ${ended.term} is over`);
    const request = { message: 'released', body: { nodeId: node.nodeId, term: ended.term } } as const;
    for (const { nodeId } of node.durable.configuration?.voters ?? []) {
      if (nodeId === node.nodeId) continue;
      this.network.deliver(node.nodeId, nodeId, () =>
        this.node(nodeId).receive(node.nodeId, 'released', request),
      );
    }
  }

  /** A trap set by a fault has sprung: the whole host is gone between two effects. */
  onTrapped(node: SimulatedNode, boundary: Boundary): void {
    this.note(`fault: host of node ${node.nodeId} dies: ${boundary}`);
    loseHost(this, node);
  }

  private streamRegularly(): void {
    for (const node of this.nodes) {
      const { server } = node;
      if (!server.answers || server.hang !== 'none' || server.recoveryState !== 'standby' || node.isPaused)
        continue;
      const upstream = server.upstream === null ? undefined : this.node(server.upstream);
      const isOpen =
        upstream !== undefined && upstream.server.answers && !upstream.isPaused && !server.isReceiverHeld;
      if (isOpen && this.network.isConnected(node.nodeId, upstream.nodeId, 'server')) {
        if (server.streamFrom(upstream.server)) this.reportFlush(node, upstream);
      } else server.isStreaming = false;
    }
    this.clock.after(this.random.between(8, 16), () => this.streamRegularly());
  }

  /** The WAL receiver tells its WAL sender what it has flushed; somebody there may be waiting for it. */
  private reportFlush(standby: SimulatedNode, upstream: SimulatedNode): void {
    if (!upstream.walRoad.isWatching) return;
    const { endLsn } = standby.server;
    this.network.tell(standby.nodeId, upstream.nodeId, () =>
      upstream.walRoad.onFlushed(standby.nodeId, endLsn),
    );
  }

  private writeRegularly(): void {
    const writable = this.nodes.filter((node) => node.server.takesWrites && !node.isPaused);
    if (this.hasTraffic) for (const node of writable) node.server.write(100n);
    const { nowMs } = this.clock;
    if (writable.length === 0) this.outageMs += nowMs - this.lastWriteMs;
    this.lastWriteMs = nowMs;
    this.clock.after(this.random.between(5, 15), () => this.writeRegularly());
  }
}
