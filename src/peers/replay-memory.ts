import { admitSequence, emptyReplayWindow, type ReplayWindow } from './replay-window.ts';

/**
 * Remembers which requests of which sender starts were accepted. Bounded: when it knows too many senders
 * (each run of the command line is a new one), it forgets all of them and begins a new generation. As every
 * request is signed for one generation, none of those forgotten can be replayed.
 */
export class ReplayMemory {
  readonly #windows = new Map<string, ReplayWindow>();
  readonly #maxSenders: number;
  #generation = 0;

  constructor(maxSenders: number) {
    this.#maxSenders = maxSenders;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Call only for authentic requests of the present generation. `outdated`: a new generation has begun. */
  admit(senderStartId: string, sequence: number): 'fresh' | 'repeated' | 'outdated' {
    const known = this.#windows.get(senderStartId);
    if (known === undefined && this.#windows.size >= this.#maxSenders) {
      this.#windows.clear();
      this.#generation += 1;
      return 'outdated';
    }
    const admitted = admitSequence(known ?? emptyReplayWindow, sequence);
    if (admitted === undefined) return 'repeated';
    this.#windows.set(senderStartId, admitted);
    return 'fresh';
  }
}
