import type { NodeId } from '../../domain/node.ts';
import { type ClusterSnapshot, primaryOf, votersOf } from './cluster-snapshot.ts';
import { predictLoss } from './predict-loss.ts';

/** More than any majority of a dozen nodes lets go. */
const mostCounted = 5;

/**
 * How many nodes can be lost, whichever they are, and a primary is there all the same. Losing the primary with others
 * is harder than losing as many others, so only such sets are tried.
 */
export function tolerance(snapshot: ClusterSnapshot): number {
  const sighting = primaryOf(snapshot);
  if (sighting.kind !== 'reigning') return 0;
  const primary = sighting.node.nodeId;
  const others = snapshot.nodes
    .filter((node) => node.nodeId !== primary && node.status !== null)
    .map((node) => node.nodeId);
  for (let size = 1; size <= mostCounted; size += 1) {
    if (size > votersOf(snapshot).length) return size - 1;
    for (const lost of subsets(others, size - 1)) {
      if (predictLoss(snapshot, [primary, ...lost]).outcome.kind !== 'promoted') return size - 1;
    }
  }
  return mostCounted;
}

function* subsets(from: readonly NodeId[], size: number): Generator<readonly NodeId[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [index, first] of from.entries()) {
    for (const rest of subsets(from.slice(index + 1), size - 1)) yield [first, ...rest];
  }
}
