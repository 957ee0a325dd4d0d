import { knowsPresentLease } from './configuration.ts';
import type { CoreEvent } from './events-and-effects.ts';
import { latestRoundMs } from './lease.ts';
import type { Transition } from './transition.ts';

/** Rounds that a majority of daemons may leave unanswered before WAL is asked for as well. */
const patienceRounds = 2;

/**
 * The second road (failover.md §4): where the daemons' answers make no majority, a record goes with the round. A
 * voter grants nobody else a vote before its WAL has been still for a lease, so a standby that has flushed the record
 * promises what an acknowledged heartbeat does, with or without its daemon.
 */
export function writeWalRound(transition: Transition): void {
  const { state, nowMs } = transition;
  const { configuration } = state.durable;
  if (state.reign === null || configuration === null || !isServing(transition)) return;
  if (!isMajoritySilent(transition)) {
    if (Object.keys(state.reign.walAcknowledgedAtMs).length > 0) endWalRoad(transition);
    return;
  }
  const voters = transition.otherVoters.filter((voter) => knowsPresentLease(transition, voter.nodeId));
  if (voters.length === 0) return;
  transition.effect({
    type: 'writeWalRound',
    term: state.reign.term,
    sentAtMs: nowMs,
    voters,
    timeoutMs: configuration.leaseMs,
  });
}

function isServing({ state }: Transition): boolean {
  return (
    state.role === 'primary' && state.server.verdict === 'up' && state.server.recoveryState === 'primary'
  );
}

function isMajoritySilent({ state, nowMs }: Transition): boolean {
  const { reign } = state;
  const intervalMs = state.durable.configuration?.heartbeatIntervalMs ?? 0;
  const reached = latestRoundMs(state, nowMs, (nodeId) => reign?.acknowledgedAtMs[nodeId]);
  return reached === undefined || nowMs - reached > patienceRounds * intervalMs;
}

function endWalRoad(transition: Transition): void {
  const { state } = transition;
  if (state.reign === null) return;
  state.reign = { ...state.reign, walAcknowledgedAtMs: {} };
  transition.explain('§4', 'a majority of the daemons acknowledges the heartbeats again');
}

/** Counts as that voter's acknowledgement of that round. */
export function onWalAcknowledged(
  transition: Transition,
  { from, term, sentAtMs }: CoreEvent & { type: 'walAcknowledged' },
): void {
  const { state } = transition;
  if (state.reign?.term !== term || !isMajoritySilent(transition)) return;
  if (!knowsPresentLease(transition, from)) return;
  const { walAcknowledgedAtMs } = state.reign;
  const latest = Math.max(sentAtMs, walAcknowledgedAtMs[from] ?? sentAtMs);
  state.reign = { ...state.reign, walAcknowledgedAtMs: { ...walAcknowledgedAtMs, [from]: latest } };
  if (Object.keys(walAcknowledgedAtMs).length > 0) return;
  transition.explain(
    '§4',
    'the daemons of a majority are silent: the lease rests on WAL that standbys confirm',
    {
      node: from,
    },
  );
}
