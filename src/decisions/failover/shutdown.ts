import { isOpenServer } from './candidacy.ts';
import { holdsLease } from './lease.ts';
import type { Transition } from './transition.ts';

/**
 * From here on this node's server is one that stays down once it has stopped, whatever becomes of this daemon: the
 * intent is stored before the answer is given.
 */
export function onShutdownRequested(
  transition: Transition,
  replyTo: string,
  request: { readonly isForced: boolean; readonly timeoutMs: number },
): void {
  const { state, nowMs } = transition;
  const refusal = whyNot(transition, request.isForced);
  if (refusal !== null) {
    transition.reply(replyTo, { ok: false, reason: refusal });
    return;
  }
  state.shutdown = { isForced: request.isForced, untilMs: nowMs + request.timeoutMs };
  transition.remember({ intent: 'standby' });
  transition.explain('§5', 'PostgreSQL is about to be shut down on purpose: it will stay down');
  transition.reply(replyTo, { ok: true });
}

function whyNot(transition: Transition, isForced: boolean): string | null {
  const { state, nowMs } = transition;
  if (state.role !== 'primary' || !isOpenServer(transition)) {
    const where = state.primary === null ? '' : `; node ${state.primary.nodeId} is`;
    return `node ${transition.self} is not the primary${where}`;
  }
  if (state.operation !== null || state.handover !== null) return 'its repmgrd is busy with its server';
  if (isForced || holdsLease(state, nowMs)) return null;
  return 'no majority acknowledges its lease just now, so nobody could take over';
}

/** A stop that was announced and did not come is forgotten: a later one is as any other. */
export function expireShutdown(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.shutdown === null || state.server.verdict === 'gone') return;
  if (state.role !== 'primary') {
    // Started again since, by the operator.
    if (state.server.verdict === 'up') state.shutdown = null;
    return;
  }
  if (nowMs < state.shutdown.untilMs || state.handover !== null) return;
  cancelShutdown(transition, 'PostgreSQL was not shut down in the time that was announced for it');
}

export function cancelShutdown(transition: Transition, reason: string): void {
  transition.state.shutdown = null;
  transition.remember({ intent: 'primary' });
  transition.explain('§5', reason, {}, { kind: 'failed' });
}

/** What becomes of a reign whose server was shut down on purpose; null where it was not. */
export function endOnPurpose(
  { state }: Transition,
  best: { readonly isCovered: boolean } | null,
): 'hand over' | 'end' | 'take back' | null {
  if (state.shutdown === null) return null;
  if (best?.isCovered === true) return 'hand over';
  if (!state.shutdown.isForced) return 'take back';
  return best === null ? 'end' : 'hand over';
}

/** The reign ends and nobody is asked to go on; whoever can is elected once the lease is over. */
export function endWithoutHeir(transition: Transition): void {
  const { state } = transition;
  const term = state.reign?.term ?? state.handover?.term ?? state.durable.term;
  transition.remember({
    intent: 'standby',
    endedReigns: [...new Set([...state.durable.endedReigns, term])],
  });
  transition.effect({ type: 'markStandby' });
  transition.notify(
    'repmgrd_handover',
    `the reign of term ${term} ends by force, and nobody takes over [§5]`,
  );
  state.role = 'fenced';
  state.campaign = null;
  state.reign = null;
  state.lease = null;
  state.handover = null;
}
