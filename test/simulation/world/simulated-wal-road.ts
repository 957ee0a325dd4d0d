import type { NodeId } from '../../../src/domain/node.ts';
import type { World } from './world.ts';

interface Round {
  readonly sentAtMs: number;
  readonly lsn: bigint;
  readonly untilMs: number;
  readonly acknowledgedBy: Set<NodeId>;
  readonly onAcknowledged: (from: NodeId) => void;
}

/** Records written with rounds of heartbeats on one server, and what its WAL senders report of them. */
export class SimulatedWalRoad {
  private rounds: Round[] = [];
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  get isWatching(): boolean {
    const { nowMs } = this.world.clock;
    if (this.rounds.some((round) => nowMs >= round.untilMs))
      this.rounds = this.rounds.filter((round) => nowMs < round.untilMs);
    return this.rounds.length > 0;
  }

  watch(round: Omit<Round, 'acknowledgedBy'>): void {
    this.rounds.push({ ...round, acknowledgedBy: new Set() });
  }

  /** Whoever looks at pg_stat_replication does so now and then. */
  onFlushed(nodeId: NodeId, lsn: bigint): void {
    for (const round of this.rounds) {
      if (lsn < round.lsn || round.acknowledgedBy.has(nodeId)) continue;
      round.acknowledgedBy.add(nodeId);
      this.world.clock.after(this.world.random.between(0, 50), () => round.onAcknowledged(nodeId));
    }
  }

  forget(): void {
    this.rounds = [];
  }
}
