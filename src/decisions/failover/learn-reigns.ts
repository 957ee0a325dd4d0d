import type { NodeId } from '../../domain/node.ts';
import type { Reign } from '../../domain/reign.ts';
import { mergeReigns } from './position.ts';
import type { Transition } from './transition.ts';

/**
 * The own list of reigns with what another node's list adds. A line that is known already is replaced only
 * by the primary whose reign it is: it alone learns at its promotion where the fork really is.
 */
export function withReigns(
  transition: Transition,
  heard: readonly Reign[],
  from: NodeId | null,
): readonly Reign[] {
  const { reigns } = transition.state.durable;
  const terms = new Set(reigns.map((reign) => reign.term));
  return mergeReigns(
    reigns,
    heard.filter(
      (reign) => !terms.has(reign.term) || (reign.nodeId === from && reign.nodeId !== transition.self),
    ),
  );
}

/** Stores what is new in another node's list of reigns. */
export function learnReigns(transition: Transition, heard: readonly Reign[], from: NodeId | null): void {
  const reigns = withReigns(transition, heard, from);
  if (reigns !== transition.state.durable.reigns) transition.remember({ reigns });
}
