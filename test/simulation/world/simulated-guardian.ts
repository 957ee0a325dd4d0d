import type { CoreState } from '../../../src/decisions/failover/state.ts';
import { guard, guardedUntilMs } from '../../../src/decisions/guardian/guard.ts';
import { type Orders, ordersFor } from '../../../src/decisions/guardian/orders.ts';
import { fenceMs } from './durations.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** The second process on each host: the real decision with a model of its shell. Dies with its host only. */
export class SimulatedGuardian {
  private orders: Orders | null = null;
  private orderedAtMs = 0;
  private walAcknowledgedAtMs: Record<number, number> = {};
  /** Fencing, or saying that all is over: a daemon that starts waits for the end of it. */
  isActing = false;
  private nextWriteMs = Number.NEGATIVE_INFINITY;
  /** Only the latest wake-up counts, and none of a life that a host's death ended. */
  private wakeUps = 0;
  private readonly node: SimulatedNode;
  private readonly world: World;

  constructor(world: World, node: SimulatedNode) {
    this.world = world;
    this.node = node;
  }

  /** What the daemon says after each step, over a socket of its own. */
  onStep(state: CoreState): void {
    const orders = ordersFor(state, this.node.localMs);
    if (orders === undefined) return;
    this.orders = orders;
    this.orderedAtMs = this.node.localMs;
    this.look();
  }

  /** The socket is closed: at once looked after. */
  onDaemonDead(): void {
    this.wakeAfter(this.world.random.between(0.2, 5));
  }

  /** With its host. */
  die(): void {
    this.wakeUps += 1;
    this.orders = null;
    this.walAcknowledgedAtMs = {};
    this.isActing = false;
  }

  look(): void {
    const { node } = this;
    if (this.isActing) return;
    if (node.isPaused) {
      // On waking, what lies in its socket is read first.
      node.afterPause(() => this.look());
      return;
    }
    const nowMs = node.localMs;
    const verdict = guard({
      nowMs,
      orders: this.orders,
      orderedAtMs: this.orderedAtMs,
      daemon: node.state === null ? 'dead' : 'speaking',
      isServerAlive: node.server.isRunning,
      walAcknowledgedAtMs: this.walAcknowledgedAtMs,
    });
    switch (verdict.kind) {
      case 'rest':
        if (Number.isFinite(verdict.untilMs)) this.wakeAfter(this.pauseMs(verdict.untilMs - nowMs));
        return;
      case 'extend':
        if (nowMs >= this.nextWriteMs) this.write();
        this.wakeAfter(this.pauseMs(verdict.untilMs - nowMs));
        return;
      case 'fence':
        this.world.note(`guardian of node ${node.nodeId} fences: ${verdict.reason}`);
        this.act(fenceMs(this.world, node), () => {
          node.server.stop();
          node.server.hasStandbySignal = true;
          if (node.state !== null) this.orders = null;
        });
        return;
      case 'lastWill':
        this.act(this.world.random.between(2, 60), () => {
          this.orders = null;
          this.world.sayFarewell(node);
        });
        return;
      case 'leave':
        this.orders = null;
        return;
      default:
        verdict satisfies never;
    }
  }

  /** With the daemon dead, the processes of the server are looked at now and then. */
  private pauseMs(localMs: number): number {
    const untilMs = localMs / this.node.clockRate + this.world.random.between(0, 4);
    return this.node.state === null ? Math.min(untilMs, 50) : untilMs;
  }

  private write(): void {
    const { orders, node, world } = this;
    if (orders === null) return;
    const sentAtMs = node.localMs;
    this.nextWriteMs = sentAtMs + orders.heartbeatIntervalMs;
    const { wakeUps } = this;
    world.clock.after(node.diskMs(), () => {
      if (!node.server.takesWrites || node.isPaused || this.orders === null) return;
      node.server.write(1n);
      node.walRoad.watch({
        sentAtMs,
        lsn: node.server.endLsn,
        untilMs: world.clock.nowMs + orders.leaseMs,
        onAcknowledged: (from) => {
          if (this.wakeUps < wakeUps || this.orders?.term !== orders.term) return;
          const latest = Math.max(sentAtMs, this.walAcknowledgedAtMs[from] ?? sentAtMs);
          this.walAcknowledgedAtMs = { ...this.walAcknowledgedAtMs, [from]: latest };
          this.tellDaemon(this.orders);
        },
      });
    });
  }

  /** Read when the daemon wakes. */
  private tellDaemon(orders: Orders): void {
    const fenceAtMs = guardedUntilMs(
      { nowMs: this.node.localMs, walAcknowledgedAtMs: this.walAcknowledgedAtMs },
      orders,
    );
    this.node.feed({ type: 'guarded', term: orders.term, fenceAtMs });
  }

  private act(delayMs: number, run: () => void): void {
    this.isActing = true;
    this.wakeUps += 1;
    const { wakeUps } = this;
    const finish = (): void => {
      if (wakeUps !== this.wakeUps) return;
      if (this.node.isPaused) {
        this.node.afterPause(finish);
        return;
      }
      this.isActing = false;
      run();
      this.look();
    };
    this.world.clock.after(delayMs, finish);
  }

  private wakeAfter(delayMs: number): void {
    if (this.isActing) return;
    this.wakeUps += 1;
    const { wakeUps } = this;
    this.world.clock.after(Math.max(0, delayMs), () => {
      if (wakeUps === this.wakeUps) this.look();
    });
  }
}
