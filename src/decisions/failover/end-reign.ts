import type { NodeId } from '../../domain/node.ts';
import type { Reign } from '../../domain/reign.ts';
import type { DurableState } from './state.ts';

/** The part of what a voter remembers that tells whether anybody may be bound to it. */
export interface Memory extends Pick<DurableState, 'term' | 'votedFor' | 'intent' | 'endedReigns'> {
  readonly reigns: readonly Pick<Reign, 'term' | 'nodeId'>[];
}

/** What a dead daemon leaves to be said and stored in its name, once its server is verified dead as well. */
export interface EndedReign {
  /** Up to this term nothing that this node was promised is needed any more. */
  readonly term: number;
  readonly change: Pick<DurableState, 'intent' | 'endedReigns'>;
}

/** Null where nobody can be bound to this node: it neither reigned last nor stood since. */
export function endReign(durable: Memory, nodeId: NodeId): EndedReign | null {
  const latest = durable.reigns.at(-1);
  const reigned = latest?.nodeId === nodeId ? latest.term : null;
  // Its vote for itself was stored before anybody was asked for his: it may have won without having said so.
  const term = durable.votedFor === nodeId ? durable.term : reigned;
  if (term === null) return null;
  const ended = [...durable.endedReigns, ...(reigned === null ? [] : [reigned]), term];
  return {
    term,
    change: {
      intent: durable.intent === 'primary' ? 'fenced' : durable.intent,
      endedReigns: [...new Set(ended)],
    },
  };
}
