import { isSuspended } from '../../domain/voting-configuration.ts';
import type { CoreEvent } from './events-and-effects.ts';
import { onPrimaryServerHung } from './lost-server.ts';
import type { CoreState, ServerDoubt, ServerObservation } from './state.ts';
import type { Transition } from './transition.ts';

/** Each probe waits for the whole time; the next one begins a third of it later, so that one lost packet is no proof. */
const probesPerTimeout = 3;
/** Timers of the shell may ring a little early. */
const earlyMs = 20;

/** How long a primary's server must be silent before it counts as hung. */
function hangTimeoutMs({ state, leaseMs }: Transition): number {
  return state.parameters.hangTimeoutMs ?? leaseMs;
}

/**
 * A look at the local server has come to an end, or has had no answer for a while. Any answer, also a refusal, is a
 * sign of life; reads that are answered say nothing of WAL that does not reach the disk.
 */
export function considerAnswer(transition: Transition, server: ServerObservation): void {
  const { state } = transition;
  if (server.verdict === 'unknown') return;
  if (server.verdict === 'busy' && server.isSilent === true) {
    doubtServer(transition, 'silent');
    return;
  }
  const isStuck = server.verdict === 'up' && server.isWalStuck === true;
  if (!isStuck || state.doubt?.cause === 'silent') trustAgain(transition);
  if (isStuck) doubtServer(transition, 'unflushed');
}

function doubtServer(transition: Transition, cause: ServerDoubt['cause']): void {
  const { state, nowMs } = transition;
  if (state.doubt !== null || !mayBeJudged(state)) return;
  state.doubt = { cause, sinceMs: nowMs, nextProbeAtMs: nowMs, firstProbe: null, probes: 0, isTold: false };
}

/** While it starts, recovers or is promoted, or when its reign is in question, its silence says nothing. */
function mayBeJudged({ role, reign, handover, operation, server }: CoreState): boolean {
  return (
    role === 'primary' &&
    reign?.phase === 'writable' &&
    handover === null &&
    operation === null &&
    server.verdict !== 'gone' &&
    server.verdict !== 'rebuilding'
  );
}

/** Nor does it where this daemon stood still itself, perhaps with its whole host. */
function dropVoidDoubt({ state }: Transition): void {
  const { doubt, reign } = state;
  if (doubt === null) return;
  if (!mayBeJudged(state) || doubt.sinceMs < (reign?.ignoreSentBeforeMs ?? 0)) state.doubt = null;
}

export function hangProbeDueMs({ doubt }: CoreState): number | null {
  return doubt?.nextProbeAtMs ?? null;
}

/** Has a server that is in doubt asked over a new connection, again and again until it answers or the time is over. */
export function probeDoubtedServer(transition: Transition): void {
  const { state, nowMs } = transition;
  dropVoidDoubt(transition);
  const { doubt } = state;
  if (doubt === null || nowMs < doubt.nextProbeAtMs) return;
  const timeoutMs = hangTimeoutMs(transition);
  const id = transition.newId();
  state.doubt = {
    ...doubt,
    // The time counts from the first probe on.
    sinceMs: doubt.firstProbe === null ? nowMs : doubt.sinceMs,
    firstProbe: doubt.firstProbe ?? id,
    probes: doubt.probes + 1,
    nextProbeAtMs: nowMs + timeoutMs / probesPerTimeout,
  };
  if (doubt.probes === 1) tellOfDoubt(transition, doubt);
  transition.effect({ type: 'probeServer', scope: id, timeoutMs });
}

function tellOfDoubt(transition: Transition, { sinceMs, cause }: ServerDoubt): void {
  const silentMs = Math.round(transition.nowMs - sinceMs);
  const text =
    cause === 'silent'
      ? 'PostgreSQL gives no answer, also not to a new connection'
      : 'WAL of PostgreSQL does not reach the disk';
  transition.explain(
    '§5',
    text,
    { silentMs, hungAfterMs: hangTimeoutMs(transition) },
    { kind: 'observed', changedBy: 'any answer of PostgreSQL, also a refusal' },
  );
}

function trustAgain({ state }: Transition): void {
  state.doubt = null;
}

export function onSilence(
  transition: Transition,
  event: CoreEvent & { type: 'lookUnanswered' | 'serverProbed' },
): void {
  if (event.type === 'lookUnanswered') doubtServer(transition, 'silent');
  else onServerProbed(transition, event);
}

function onServerProbed(transition: Transition, event: CoreEvent & { type: 'serverProbed' }): void {
  const { state, nowMs } = transition;
  dropVoidDoubt(transition);
  const { doubt } = state;
  if (doubt === null) return;
  const isOfThisDoubt = doubt.firstProbe !== null && event.scope >= doubt.firstProbe;
  if (event.outcome !== 'silent') {
    if (event.outcome !== 'unclear' || isOfThisDoubt) trustAgain(transition);
    return;
  }
  if (!isOfThisDoubt || nowMs < doubt.sinceMs + hangTimeoutMs(transition) - earlyMs) return;
  judgeHung(transition, doubt, event.detail);
}

function judgeHung(transition: Transition, doubt: ServerDoubt, detail: string): void {
  const { state } = transition;
  const silentMs = Math.round(transition.nowMs - doubt.sinceMs);
  const evidence = { silentMs, probes: doubt.probes, lastProbe: detail };
  const { configuration } = state.durable;
  if (configuration !== null && isSuspended(configuration)) {
    if (doubt.isTold) return;
    state.doubt = { ...doubt, isTold: true };
    const text = 'PostgreSQL hangs, and failover is suspended: it is left alone';
    const changedBy = '"repmgr service unpause", or failover=automatic on the primary';
    transition.explain('§5', text, evidence, { kind: 'declined', changedBy });
    return;
  }
  state.doubt = null;
  onPrimaryServerHung(transition, evidence);
}
