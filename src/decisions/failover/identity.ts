import type { NodeId } from '../../domain/node.ts';
import type { VoterIdentity } from '../../domain/peer-messages.ts';
import type { CoreState } from './state.ts';
import type { Transition } from './transition.ts';

export function ownIdentity(state: CoreState): VoterIdentity {
  const { durable, parameters } = state;
  return {
    nodeId: parameters.nodeId,
    incarnation: durable.incarnation,
    startCounter: durable.startCounter,
    term: durable.term,
    configurationVersion: durable.configuration?.version ?? null,
  };
}

/**
 * Whether a reply counts: it comes from the voter that it was sent to, with the registered incarnation, and
 * with no less memory than was seen of it before. Remembers what it shows.
 */
export function isTrustworthy(transition: Transition, from: NodeId, identity: VoterIdentity): boolean {
  if (identity.nodeId !== from) return false;
  const voter = transition.voter(from);
  if (voter !== undefined && voter.incarnation !== identity.incarnation) return false;
  const { seen } = transition.state.durable;
  const before = seen[`${from}/${identity.incarnation}`];
  if (before !== undefined) {
    if (identity.startCounter < before.startCounter || identity.term < before.term) return false;
    if (identity.startCounter === before.startCounter && identity.term === before.term) return true;
  }
  const key = `${from}/${identity.incarnation}`;
  // Kept with the next durable write: losing the newest sighting only makes the check milder.
  transition.state.durable = {
    ...transition.state.durable,
    seen: { ...seen, [key]: { startCounter: identity.startCounter, term: identity.term } },
  };
  return true;
}
