import type { Reasoning } from '../../domain/decision-record.ts';
import type { TransferToken } from '../../domain/peer-messages.ts';
import { isOpenServer } from './candidacy.ts';
import { ownsLatestTerm, startWaitMs } from './lease.ts';
import { isReleased } from './release.ts';
import { type Campaign, highestTimeline } from './state.ts';
import type { Transition } from './transition.ts';

export function roundLimitMs(transition: Transition): number {
  return Math.min(1_000, transition.leaseMs / 2);
}

export function newCampaign(
  transition: Transition,
  stage: Campaign['stage'],
  token: TransferToken | null,
): Campaign {
  return {
    id: transition.newId(),
    stage,
    startedAtMs: transition.nowMs,
    untilMs: transition.nowMs + roundLimitMs(transition),
    token,
    term: token?.nextTerm ?? transition.state.durable.term + 1,
    sentAtMs: transition.nowMs,
    timeline: proposedTimeline(transition),
    statuses: {},
    votes: {},
    countsOwnVote: token !== null || isOwnVoteCounted(transition),
  };
}

/** A number that nobody has heard of; a server that is open goes on with its timeline. */
export function proposedTimeline(transition: Transition): number | null {
  return isOpenServer(transition) ? null : highestTimeline(transition.state) + 1;
}

/** The daemon's own vote obeys the same wait after a start as those of others. */
function isOwnVoteCounted(transition: Transition): boolean {
  const { state } = transition;
  // In term 0 nothing was ever promised to anybody.
  return (
    state.durable.term === 0 ||
    state.reign !== null ||
    ownsLatestTerm(state) ||
    isReleased(state) ||
    startWaitMs(state, transition.nowMs) === 0
  );
}

/** Gives up; tries again after a random part of a lease. */
export function abandon(
  transition: Transition,
  reason: string,
  waitMs?: number,
  reasoning: Reasoning = {},
): void {
  const { state } = transition;
  const delay = waitMs ?? 50 + transition.random * transition.leaseMs * 0.5;
  if (state.role === 'candidate') state.role = state.server.verdict === 'gone' ? 'fenced' : 'follower';
  state.campaign = null;
  state.nextCampaignAtMs = transition.nowMs + delay;
  const evidence = { retryMs: Math.round(delay) };
  transition.explain('§6', `no election: ${reason}`, evidence, { kind: 'declined', ...reasoning });
}
