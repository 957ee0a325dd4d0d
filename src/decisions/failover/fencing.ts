import type { OperationResult } from './events-and-effects.ts';
import type { Transition } from './transition.ts';
import { dropPendingVote } from './vote-reply.ts';

/**
 * Ends writing at once: the lease is lost or another reign is proven. Whatever else is being done to the
 * server is abandoned; the shell's fence takes precedence.
 */
export function becomeFencing(transition: Transition, rule: string, reason: string): void {
  const { state } = transition;
  const evidence = { term: state.reign?.term ?? state.durable.term };
  transition.explain(rule, `fencing: ${reason}`, evidence, {
    alternatives: [
      { action: 'go on accepting writes', whyNot: 'another node may be elected, or is, and both would' },
    ],
    ...(rule === '§4' ? { changedBy: 'heartbeats that a majority acknowledges in time' } : {}),
  });
  transition.notify('repmgrd_fence', `PostgreSQL is being stopped: ${reason} [${rule}]`);
  state.role = 'fencing';
  state.reign = null;
  state.campaign = null;
  state.handover = null;
  fence(transition, reason);
  transition.remember({ intent: state.shutdown === null ? 'fenced' : 'standby' });
  dropPendingVote(transition, 'it is fencing itself');
}

/** Emitted ahead of everything that must be stored: a disk that hangs must not delay the fence. */
function fence(transition: Transition, reason: string): void {
  const id = transition.begin('fence');
  transition.effects.push({
    type: 'fence',
    id,
    reason,
    deadlineMs: transition.nowMs + transition.state.parameters.fenceBudgetMs,
  });
}

export function onFenced(transition: Transition, result: OperationResult & { kind: 'fence' }): void {
  const { state } = transition;
  if (!result.isVerified) {
    transition.explain('§5', 'the fence could not be verified; trying again', {}, { kind: 'failed' });
    transition.notify('repmgrd_fence', 'processes of PostgreSQL survived the fence; trying again', {
      successful: false,
    });
    fence(transition, 'the previous fence could not be verified');
    return;
  }
  state.role = 'fenced';
  state.server = {
    verdict: 'gone',
    recoveryState: null,
    walEnd: result.walEnd,
    isReceiverActive: false,
    isReceiverHeld: false,
    upstream: null,
    wasShutDown: false,
  };
  state.serverChangedAtMs = transition.nowMs;
  state.isReceiverHeld = false;
  transition.effect({ type: 'markStandby' });
  transition.explain('§5', 'fenced: PostgreSQL is stopped and will start in recovery only');
}
