import { askStandbys } from './handover.ts';
import type { Explanation, OwnReign } from './state.ts';
import type { Transition } from './transition.ts';

const assessLimitMs = 5_000;

/**
 * PostgreSQL is gone under a valid lease while this daemon lives (failover.md §5). What is left of it is
 * cleared away and read, and the standbys are asked at the same time; then evidence decides.
 */
export function onPrimaryServerGone(transition: Transition, wasShutDown: boolean): void {
  const { state } = transition;
  if (state.reign === null || state.handover !== null || state.operation !== null) return;
  beginHandover(transition, state.reign, { wasShutDown, isHung: false });
  transition.explain(
    '§5',
    wasShutDown ? 'PostgreSQL was shut down' : 'PostgreSQL has crashed: assessing',
    { term: state.reign.term, crashesWithinWindow: state.reign.recentCrashesAtMs.length },
    { kind: 'observed' },
  );
  transition.notify(
    'repmgrd_local_disconnect',
    wasShutDown ? 'PostgreSQL was shut down [§5]' : 'PostgreSQL is gone [§5]',
  );
  assess(transition);
}

/** It lives and does not answer: what is left of it is killed first, then all is as after a crash. */
export function onPrimaryServerHung(transition: Transition, evidence: Explanation['evidence']): void {
  const { state } = transition;
  if (state.reign === null || state.handover !== null || state.operation !== null) return;
  beginHandover(transition, state.reign, { wasShutDown: false, isHung: true });
  const text = `PostgreSQL hangs: no answer to new connections for ${evidence['silentMs']} ms`;
  transition.explain(
    '§5',
    `${text}; it is killed`,
    { term: state.reign.term, ...evidence },
    { alternatives: [{ action: 'wait for it', whyNot: 'it has had the time that it is given to answer' }] },
  );
  transition.notify('repmgrd_local_disconnect', `${text} [§5]`, { successful: false });
  assess(transition);
}

function beginHandover(
  transition: Transition,
  reign: OwnReign,
  { wasShutDown, isHung }: { readonly wasShutDown: boolean; readonly isHung: boolean },
): void {
  const { state, nowMs } = transition;
  const window = nowMs - state.parameters.crashWindowMs;
  const crashes = reign.recentCrashesAtMs.filter((at) => at > window);
  state.reign = {
    ...reign,
    phase: 'restarting',
    recentCrashesAtMs: wasShutDown ? crashes : [...crashes, nowMs],
    nextHeartbeatAtMs: nowMs,
  };
  state.handover = {
    term: reign.term,
    stage: 'assessing',
    untilMs: nowMs + assessLimitMs,
    statuses: {},
    tried: [],
    target: null,
    assessment: null,
    wasShutDown,
    isHung,
    startedAtMs: nowMs,
  };
}

function assess(transition: Transition): void {
  askStandbys(transition);
  const id = transition.begin('assessCrash');
  transition.effect({ type: 'assessCrash', id, deadlineMs: transition.nowMs + assessLimitMs });
}
