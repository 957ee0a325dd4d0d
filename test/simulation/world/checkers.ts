import type { DurableState } from '../../../src/decisions/failover/state.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import type { VoteReply, VoterIdentity } from '../../../src/domain/peer-messages.ts';
import type { WalEnd } from '../../../src/domain/reign.ts';
import { compareVersions } from '../../../src/domain/voting-configuration.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { isBehind, placeOf } from './wal-order.ts';
import type { World } from './world.ts';

export class InvariantViolated extends Error {}

/** The invariants of the protocol, looked at after every event of a run. */
export class Checkers {
  /** Milliseconds in which two nodes were writable at once; must stay 0. */
  doublePrimaryMs = 0;
  private readonly votes = new Map<string, number>();
  private readonly grants = new Map<string, Map<number, WalEnd>>();
  private readonly endsWhileDown = new Map<string, WalEnd>();
  private readonly timelines = new Map<number, number>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** I1: no two writable nodes at any instant. */
  afterEvent(): void {
    const nowMs = this.world.clock.nowMs;
    let count = 0;
    for (const node of this.world.nodes) {
      if (node.server.isWritable && !node.isPaused && nowMs >= node.exemptUntilMs) count += 1;
    }
    if (count > 1) {
      const writable = this.world.nodes.filter((node) => node.server.isWritable && !node.isPaused);
      throw new InvariantViolated(
        `I1: nodes ${writable.map((node) => node.nodeId).join(' and ')} are writable at once`,
      );
    }
  }

  /** I2: terms never decrease, one vote a term, across restarts. */
  onPersist(node: SimulatedNode, durable: DurableState): void {
    if (durable.term < node.durable.term)
      throw new InvariantViolated(`I2: node ${node.nodeId} went back in term`);
    if (durable.votedFor === null) return;
    const key = `${node.nodeId}/${durable.term}`;
    const before = this.votes.get(key);
    if (before !== undefined && before !== durable.votedFor) {
      throw new InvariantViolated(
        `I2: node ${node.nodeId} voted for ${before} and ${durable.votedFor} in term ${durable.term}`,
      );
    }
    this.votes.set(key, durable.votedFor);
  }

  /**
   * A daemon has made up its mind. A server that it saw down then had what it had; one that is started by somebody
   * between two looks, or before the answer leaves, and finds WAL somewhere, has it too late to bind anybody.
   */
  onAnswer(voter: SimulatedNode, replyTo: string): void {
    if (voter.state !== null && voter.state.server.verdict !== 'up')
      this.endsWhileDown.set(
        `${voter.nodeId}/${replyTo}`,
        voter.server.endWhenStopped ?? voter.server.walEnd,
      );
  }

  /** I2 across a restart: whatever an answer tells of its sender, a crash at this instant must not take back. */
  onReply(node: SimulatedNode, { term, configurationVersion }: Partial<VoterIdentity>): void {
    const { durable } = node;
    if (term !== undefined && durable.term < term)
      throw new InvariantViolated(
        `I2: node ${node.nodeId} answers in term ${term} and has term ${durable.term} on disk`,
      );
    if (configurationVersion == null) return;
    const stored = durable.configuration?.version;
    if (stored === undefined || compareVersions(stored, configurationVersion) < 0)
      throw new InvariantViolated(
        `I2: node ${node.nodeId} acknowledges a configuration that is not on its disk`,
      );
  }

  onVote(
    voter: SimulatedNode,
    replyTo: string,
    { term, candidate }: { readonly term: number; readonly candidate: NodeId },
    reply: VoteReply,
  ): void {
    if (!reply.granted) return;
    const { durable } = voter;
    if (durable.term !== term || durable.votedFor !== candidate)
      throw new InvariantViolated(
        `I2: node ${voter.nodeId} votes for ${candidate} in term ${term}, and its disk does not say so`,
      );
    const key = `${candidate}/${term}`;
    const grants = this.grants.get(key) ?? new Map();
    if (voter.isWitness || voter.state?.operation?.kind === 'rejoin') grants.delete(voter.nodeId);
    else
      grants.set(voter.nodeId, this.endsWhileDown.get(`${voter.nodeId}/${replyTo}`) ?? voter.server.walEnd);
    this.grants.set(key, grants);
  }

  /** I3: the promoted node has at least what each voter had that elected it. */
  onPromote(node: SimulatedNode, term: number): void {
    const { state } = node;
    if (state === null) return;
    // Judged by all reigns that anybody knows and by what is really on the disks.
    const reigns = this.world.nodes
      .flatMap((other) => other.durable.reigns)
      .filter((reign) => reign.term < term);
    const own = placeOf(node.server.walEnd, reigns);
    for (const [voter, walEnd] of this.grants.get(`${node.nodeId}/${term}`) ?? []) {
      const place = placeOf(walEnd, reigns);
      if (place === null || own === null) continue;
      if (isBehind(own, place)) {
        throw new InvariantViolated(
          `I3: node ${node.nodeId} was promoted behind its voter ${voter} in term ${term}`,
        );
      }
    }
    const timeline = Math.max(
      ...this.world.nodes.map((other) => other.server.timeline),
      ...this.timelines.keys(),
      0,
    );
    const next = (state.durable.reigns.at(-1)?.timeline ?? 0) as number;
    if (this.timelines.has(next))
      throw new InvariantViolated(`I7: timeline ${next} is used twice (highest ${timeline})`);
    this.timelines.set(next, node.nodeId);
  }

  /** I7: out of recovery a server goes on with a timeline of its own only. */
  onStartPrimary(node: SimulatedNode): void {
    const { server } = node;
    if (server.isForeign(node.nodeId))
      throw new InvariantViolated(
        `I7: node ${node.nodeId} would write timeline ${server.timeline}, which another node opened`,
      );
  }

  /** Whether the cluster is as it should be by now. */
  isHealthy(): boolean {
    try {
      this.atEnd();
      return true;
    } catch (error) {
      if (error instanceof InvariantViolated) return false;
      throw error;
    }
  }

  /** After everything is healed: one primary under a lease, everybody streams from it or through it, terms agree. */
  atEnd(): void {
    const nodes = this.world.nodes.filter((node) => this.world.isMember(node.nodeId));
    const primaries = nodes.filter((node) => node.server.isWritable);
    if (primaries.length !== 1)
      throw new InvariantViolated(`liveness: ${primaries.length} primaries at the end`);
    const primary = primaries[0] as SimulatedNode;
    if (primary.state?.role !== 'primary')
      throw new InvariantViolated(`liveness: the primary's role is ${primary.state?.role}`);
    const { configuration } = primary.state.durable;
    const voters = configuration?.voters.map((voter) => voter.nodeId).join(' ');
    const members = nodes.map((node) => node.nodeId).join(' ');
    if (voters !== members) throw new InvariantViolated(`liveness: voters are ${voters}, not ${members}`);
    if (configuration?.paused !== false) throw new InvariantViolated('liveness: still paused');
    for (const node of nodes) {
      if (node === primary) continue;
      const { server } = node;
      const isInOrder = server.isRunning && server.isStreaming && server.isPrefixOf(primary.server);
      if (!isInOrder && !node.isWitness) {
        throw new InvariantViolated(
          `liveness: node ${node.nodeId} (${node.state?.role}) does not stream from node ${primary.nodeId}`,
        );
      }
      if (node.state?.durable.term !== primary.state.durable.term) {
        throw new InvariantViolated(
          `liveness: node ${node.nodeId} is in term ${node.state?.durable.term}, the primary in ${primary.state.durable.term}`,
        );
      }
    }
  }
}
