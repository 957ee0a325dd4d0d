/** How far a request may be overtaken by later ones of the same sender. */
const windowSize = 256;
const windowMask = (1n << BigInt(windowSize)) - 1n;

/** Sequence numbers seen of one sender start: the highest, and which of the 256 up to it (bit 0 = highest). */
export interface ReplayWindow {
  readonly highest: number;
  readonly seen: bigint;
}

export const emptyReplayWindow: ReplayWindow = { highest: 0, seen: 0n };

/** The window with `sequence` (1 or more) added; undefined if it was seen before or is too old to tell. */
export function admitSequence(window: ReplayWindow, sequence: number): ReplayWindow | undefined {
  const ahead = sequence - window.highest;
  if (ahead > 0) {
    const kept = ahead >= windowSize ? 0n : (window.seen << BigInt(ahead)) & windowMask;
    return { highest: sequence, seen: kept | 1n };
  }
  if (ahead <= -windowSize) return undefined;
  const bit = 1n << BigInt(-ahead);
  if ((window.seen & bit) !== 0n) return undefined;
  return { highest: window.highest, seen: window.seen | bit };
}
