import { becomeFencing } from './fencing.ts';
import { failPromotion } from './opening.ts';
import { sendVotes } from './request-votes.ts';
import type { CoreState } from './state.ts';
import type { Transition } from './transition.ts';
import { resumePendingVote } from './voter.ts';

export const defaultPromoteTimeoutMs = 60_000;
const assessLimitMs = 5_000;
const receiverStopLimitMs = 2_000;
/** What the shell may take beyond its own deadline before its answer is waited for no longer. */
const slackMs = 2_000;

/** When the operation under way is given up; null while there is none that has to end. */
export function operationDueMs(state: CoreState): number | null {
  if (state.operation === null) return null;
  const { kind, startedAtMs } = state.operation;
  switch (kind) {
    case 'promote':
      return startedAtMs + (state.parameters.promoteTimeoutMs ?? defaultPromoteTimeoutMs);
    case 'startPrimary':
      return startedAtMs + state.parameters.restartTimeoutMs + slackMs;
    case 'assessCrash':
      return startedAtMs + assessLimitMs + slackMs;
    case 'stopReceiver':
      return startedAtMs + receiverStopLimitMs + slackMs;
    default:
      return null;
  }
}

/** No operation that others wait for lasts for ever: a lease renewed meanwhile would bind them all. */
export function watchOperation(transition: Transition): void {
  const { state, nowMs } = transition;
  const due = operationDueMs(state);
  if (due === null || nowMs < due || state.operation === null) return;
  switch (state.operation.kind) {
    case 'promote':
      failPromotion(transition, 'the promotion does not come to an end');
      return;
    case 'startPrimary':
      becomeFencing(transition, '§5', 'PostgreSQL does not come up in time');
      return;
    case 'assessCrash':
      becomeFencing(transition, '§5', 'what is left of PostgreSQL could not be cleared away in time');
      return;
    default:
      state.operation = null;
      state.server = { ...state.server, walEnd: null };
      resumePendingVote(transition);
      sendVotes(transition);
  }
}
