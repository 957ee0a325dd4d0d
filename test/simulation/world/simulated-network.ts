import type { Random } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Delays, loses, duplicates and reorders messages; blocks directions one by one. */
export class SimulatedNetwork {
  lossProbability = 0;
  slowProbability = 0.02;
  lateCopyProbability = 0;
  private readonly blocked = new Set<string>();
  private readonly clock: VirtualClock;
  private readonly random: Random;

  constructor(clock: VirtualClock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  block(from: number, to: number): void {
    this.blocked.add(`${from}>${to}`);
  }

  heal(): void {
    this.blocked.clear();
  }

  isOpen(from: number, to: number): boolean {
    return from === to || !this.blocked.has(`${from}>${to}`);
  }

  /** For connections: both directions are needed. */
  isConnected(a: number, b: number): boolean {
    return this.isOpen(a, b) && this.isOpen(b, a);
  }

  /** A second copy may come when everybody has forgotten the first. */
  private delayMs(copy: number): number {
    if (copy > 0 && this.random.chance(this.lateCopyProbability)) return this.random.between(500, 20_000);
    return this.random.chance(this.slowProbability)
      ? this.random.between(20, 900)
      : this.random.between(0.2, 6);
  }

  deliver(from: number, to: number, run: () => void): void {
    if (!this.isOpen(from, to) || this.random.chance(this.lossProbability)) return;
    const copies = this.random.chance(0.01) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const delayMs = this.delayMs(copy);
      this.clock.after(delayMs, () => {
        if (this.isOpen(from, to)) run();
      });
    }
  }
}
