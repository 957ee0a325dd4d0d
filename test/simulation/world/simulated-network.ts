import type { Random } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What a cut concerns: messages between daemons, connections to PostgreSQL, or both. */
export type Layer = 'daemon' | 'server';

export const usualSlowProbability = 0.02;

/** Delays, loses, duplicates and reorders messages; blocks directions one by one. */
export class SimulatedNetwork {
  lossProbability = 0;
  slowProbability = usualSlowProbability;
  lateCopyProbability = 0;
  private readonly blocked = new Set<string>();
  private readonly clock: VirtualClock;
  private readonly random: Random;

  constructor(clock: VirtualClock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  block(from: number, to: number, layers: readonly Layer[] = ['daemon', 'server']): void {
    for (const layer of layers) this.blocked.add(`${layer}:${from}>${to}`);
  }

  heal(): void {
    this.blocked.clear();
  }

  isOpen(from: number, to: number, layer: Layer): boolean {
    return this.blocked.size === 0 || from === to || !this.blocked.has(`${layer}:${from}>${to}`);
  }

  /** For connections: both directions are needed. */
  isConnected(a: number, b: number, layer: Layer): boolean {
    return this.isOpen(a, b, layer) && this.isOpen(b, a, layer);
  }

  /** A second copy may come when everybody has forgotten the first. */
  private delayMs(copy: number): number {
    if (copy > 0 && this.random.chance(this.lateCopyProbability)) return this.random.between(500, 20_000);
    return this.random.chance(this.slowProbability)
      ? this.random.between(20, 900)
      : this.random.between(0.2, 6);
  }

  deliver(from: number, to: number, run: () => void): void {
    if (!this.isOpen(from, to, 'daemon') || this.random.chance(this.lossProbability)) return;
    const copies = this.random.chance(0.01) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const delayMs = this.delayMs(copy);
      this.clock.after(delayMs, () => {
        if (this.isOpen(from, to, 'daemon')) run();
      });
    }
  }

  /** What is told over an open connection to PostgreSQL comes once, in order, or not at all. */
  tell(from: number, to: number, run: () => void): void {
    this.clock.after(this.random.between(0.2, 6), () => {
      if (this.isConnected(from, to, 'server')) run();
    });
  }
}
