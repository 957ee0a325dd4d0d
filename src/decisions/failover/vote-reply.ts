import type { VoteReply } from '../../domain/peer-messages.ts';
import { ownIdentity } from './identity.ts';
import { highestTimeline } from './state.ts';
import { ownPosition } from './status.ts';
import type { Transition } from './transition.ts';

export function voteReply(transition: Transition, refusal: string | null, granted: boolean): VoteReply {
  const { state } = transition;
  return {
    ...ownIdentity(state),
    granted: refusal === null,
    reason: refusal,
    position: granted || refusal !== null ? ownPosition(state) : null,
    configuration: refusal === null ? null : state.durable.configuration,
    reigns: state.durable.reigns,
    highestTimeline: highestTimeline(state),
  };
}

/** A vote that was being given is refused: this node turned to something else meanwhile. */
export function dropPendingVote(transition: Transition, reason: string): void {
  const { pendingVote } = transition.state;
  if (pendingVote === null) return;
  transition.state.pendingVote = null;
  transition.reply(pendingVote.replyTo, voteReply(transition, reason, false));
}
