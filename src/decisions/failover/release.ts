import type { NodeId } from '../../domain/node.ts';
import type { Release, ReleaseReply } from '../../domain/peer-messages.ts';
import { ownIdentity } from './identity.ts';
import { isPromisedTo } from './lease.ts';
import type { CoreState } from './state.ts';
import type { Transition } from './transition.ts';

/**
 * The host of a primary says that its server is verified dead and its reign at an end (failover.md §4). Whoever is
 * bound to just that is free at once, of the wait for its WAL as well. Nobody else's word, and no refusal, does this.
 */
export function onReleased(transition: Transition, from: NodeId, replyTo: string, release: Release): void {
  const { state } = transition;
  const accepted = release.nodeId === from && frees(state, release);
  if (accepted) {
    transition.explain('§4', `node ${from} has ended its reign and its PostgreSQL: nothing is waited for`, {
      term: release.term,
    });
    state.release = release;
    state.lease = null;
    state.nextCampaignAtMs = transition.nowMs;
    if (state.campaign?.stage === 'gathering') state.campaign = null;
    if (state.role === 'candidate' && state.campaign === null) state.role = 'follower';
  } else if (release.nodeId === from) {
    transition.explain('§4', `node ${from} takes its leave`, { term: release.term });
  }
  const reply: ReleaseReply = { ...ownIdentity(state), accepted };
  transition.reply(replyTo, reply);
}

/** Whether all that this voter is bound by, it was promised to that node, in no later term. */
function frees(state: CoreState, { nodeId, term }: Release): boolean {
  const { lease, parameters, durable } = state;
  if (nodeId === parameters.nodeId) return false;
  if (lease !== null) return lease.holder === nodeId && lease.term <= term;
  return durable.term <= term && isPromisedTo(state, nodeId);
}

/**
 * Whether neither lease nor WAL nor a start of this daemon binds this voter any more: it was told so itself, or the
 * candidate was, and brings the word along.
 */
export function isReleased(state: CoreState, brought?: Release): boolean {
  const release = state.release ?? (brought !== undefined && frees(state, brought) ? brought : null);
  return release !== null && (state.walSource === null || state.walSource === release.nodeId);
}
