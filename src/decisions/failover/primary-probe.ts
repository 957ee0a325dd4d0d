import type { Transition } from './transition.ts';

/** How long before the end of a silent primary's lease its server is asked, so that no time is lost then. */
function probeLeadMs(transition: Transition): number {
  return Math.min(1_000, transition.leaseMs / 3);
}

/** When the silent primary's own server is to be asked; null when it was, or when there is none to ask. */
export function probeDueMs(transition: Transition): number | null {
  const { lease, probe, reign, role } = transition.state;
  if (lease === null || reign !== null || lease.holder === transition.self) return null;
  if (role !== 'follower' && role !== 'candidate' && role !== 'fenced') return null;
  const due = lease.untilMs - probeLeadMs(transition);
  return probe !== null && probe.holder === lease.holder && probe.startedAtMs >= due ? null : due;
}

export function probePrimary(transition: Transition): void {
  const { state, nowMs } = transition;
  const due = probeDueMs(transition);
  const holder = state.lease === null ? undefined : transition.voter(state.lease.holder);
  if (due === null || nowMs < due || holder === undefined) return;
  const id = transition.newId();
  state.probe = { id, holder: holder.nodeId, startedAtMs: nowMs, isWritable: null };
  transition.effect({ type: 'probePrimary', scope: id, primary: holder, timeoutMs: probeLeadMs(transition) });
}

export function onPrimaryProbed(transition: Transition, scope: number, isWritable: boolean): void {
  const { state } = transition;
  if (state.probe?.id !== scope) return;
  state.probe = { ...state.probe, isWritable };
}

/** A probe under way is worth waiting for; without one there is nobody to ask. */
export function isProbing(transition: Transition): boolean {
  const { probe, lease } = transition.state;
  return probe !== null && probe.holder === lease?.holder && probe.isWritable === null;
}
