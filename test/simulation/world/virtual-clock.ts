interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only from one scheduled action to the next; a binary heap ordered by time, then by order. */
export class VirtualClock {
  nowMs = 0;
  private order = 0;
  private readonly heap: Scheduled[] = [];

  at(atMs: number, run: () => void): void {
    this.order += 1;
    this.heap.push({ atMs: Math.max(atMs, this.nowMs), order: this.order, run });
    this.siftUp(this.heap.length - 1);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Runs what is due until `untilMs`, `afterEach` after each action. */
  runUntil(untilMs: number, afterEach: () => void): void {
    for (;;) {
      const first = this.heap[0];
      if (first === undefined || first.atMs > untilMs) break;
      this.pop();
      this.nowMs = first.atMs;
      first.run();
      afterEach();
    }
    this.nowMs = untilMs;
  }

  private isBefore(a: number, b: number): boolean {
    const x = this.heap[a] as Scheduled;
    const y = this.heap[b] as Scheduled;
    return x.atMs === y.atMs ? x.order < y.order : x.atMs < y.atMs;
  }

  private swap(a: number, b: number): void {
    const x = this.heap[a] as Scheduled;
    this.heap[a] = this.heap[b] as Scheduled;
    this.heap[b] = x;
  }

  private siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.isBefore(right, left) ? right : left;
      if (!this.isBefore(child, index)) return;
      this.swap(child, index);
      index = child;
    }
  }
}
