import type { Reasoning } from '../../domain/decision-record.ts';
import type { NodeId } from '../../domain/node.ts';
import type { ProtocolStatus } from '../../domain/peer-messages.ts';
import { compareVersions } from '../../domain/voting-configuration.ts';
import { abandon } from './campaign-stage.ts';
import { isOpenServer } from './candidacy.ts';
import { isTrustworthy } from './identity.ts';
import { learnReigns } from './learn-reigns.ts';
import { whyWrongLocation } from './location.ts';
import { isProbing } from './primary-probe.ts';
import { majorityOf } from './quorum.ts';
import { rankOf } from './rank-candidates.ts';
import { isReleased } from './release.ts';
import type { Transition } from './transition.ts';
import { standOrValidate } from './validation.ts';

/** After a majority has answered, how much longer the others are given before the best is chosen. */
export const graceForOthersMs = 60;

/** Head start of each better candidate over the next. */
export const rankDelayMs = 250;

export function onStatusOfVoter(transition: Transition, from: NodeId, status: ProtocolStatus | null): void {
  const { state } = transition;
  const { campaign } = state;
  if (campaign === null) return;
  if (status !== null && !isTrustworthy(transition, from, status)) return;
  if (status !== null) {
    state.highestTimelineHeard = Math.max(state.highestTimelineHeard, status.highestTimeline);
    learnReigns(transition, status.reigns, from);
  }
  state.campaign = { ...campaign, statuses: { ...campaign.statuses, [from]: status } };
  if (campaign.stage === 'gathering') considerStatuses(transition);
}

/** §6.1 to §6.4: quorum, vetoes, ranking. Called whenever an answer comes and when time is up. */
export function considerStatuses(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign === null || campaign.stage !== 'gathering') return;
  const others = transition.otherVoters;
  const answered = others.flatMap((voter) => campaign.statuses[voter.nodeId] ?? []);
  const isQuorate = answered.length + 1 >= majorityOf(transition.voters.length);
  const isComplete = others.every((voter) => campaign.statuses[voter.nodeId] !== undefined);
  const isOver = nowMs >= campaign.untilMs;
  if (!isComplete && !isOver && !(isQuorate && nowMs >= campaign.startedAtMs + graceForOthersMs)) return;
  // The probe of the silent primary's server is worth waiting for: it may be alive without its daemon.
  if (isProbing(transition) && !isOver) return;
  if (!isQuorate) {
    reportNoQuorum(transition, answered.length + 1);
    return;
  }
  const veto = findVeto(transition, answered);
  if (veto !== null) {
    abandon(transition, veto.reason, veto.waitMs, { changedBy: veto.changedBy });
    return;
  }
  // A server that is open already goes on where it is.
  const wrongLocation = isOpenServer(transition) ? null : whyWrongLocation(transition, answered);
  if (wrongLocation !== null) {
    const changedBy = 'answers of more voters in its location, or another "location", registered anew';
    abandon(transition, wrongLocation, undefined, { changedBy });
    return;
  }
  const rank = rankOf(transition, answered);
  if (rank === 0) {
    standOrValidate(transition);
    return;
  }
  const text = `${rank} better candidate${rank > 1 ? 's stand' : ' stands'} first`;
  const changedBy = 'a better candidate that is not elected within 250 ms';
  transition.explain('§6.4', text, { rank }, { kind: 'declined', changedBy });
  state.campaign = { ...campaign, stage: 'waiting', untilMs: nowMs + rank * rankDelayMs };
}

function reportNoQuorum(transition: Transition, reached: number): void {
  const needed = majorityOf(transition.voters.length);
  const text = `only ${reached} of ${transition.voters.length} voters answer, ${needed} are needed`;
  const isNews = transition.state.explanation?.text !== `no election: ${text}`;
  abandon(transition, text, undefined, whyQuorum(transition, needed - reached));
  if (isNews) transition.notify('repmgrd_no_quorum', `${text} [§6.1]`, { successful: false });
}

function whyQuorum(transition: Transition, missing: number): Reasoning {
  const statuses = transition.state.campaign?.statuses ?? {};
  const silent = transition.otherVoters.filter((voter) => (statuses[voter.nodeId] ?? null) === null);
  const names = silent.map((voter) => `node ${voter.nodeId}`).join(' or ');
  const whyNot = 'the silent ones may have a primary of their own, and then there would be two';
  return {
    alternatives: [{ action: 'elect without a majority', whyNot }],
    changedBy: `an answer of ${missing} more: ${names}`,
  };
}

interface Veto {
  readonly reason: string;
  readonly waitMs: number;
  /** What would end the veto. */
  readonly changedBy: string;
}

function findVeto(transition: Transition, answered: readonly ProtocolStatus[]): Veto | null {
  const { leaseMs, state } = transition;
  if (state.probe?.isWritable === true && state.probe.holder === state.lease?.holder) {
    state.probe = null;
    const reason = `the daemon of node ${state.lease.holder} is silent, but its PostgreSQL accepts writes`;
    return { reason, waitMs: leaseMs / 4, changedBy: 'its PostgreSQL no longer answering as primary' };
  }
  for (const status of answered) {
    // The word of the host that it waits for may not have reached it; the request for its vote brings it.
    const waitsInVain = isReleased(state) && [state.release?.nodeId, null].includes(status.leaseHolder);
    const holds = status.leaseRemainingMs > 0 && status.leaseHolder !== transition.self;
    if (holds && status.leaseHolder !== null && !waitsInVain) {
      const reason = `node ${status.nodeId} is bound to node ${status.leaseHolder} for another ${Math.ceil(status.leaseRemainingMs)} ms`;
      const waitMs = Math.min(status.leaseRemainingMs, leaseMs) + 1;
      return { reason, waitMs, changedBy: 'the end of that promise, with no heartbeat before' };
    }
    const isStreaming =
      status.walStillMs !== null && status.walStillMs < leaseMs && !isOpenServer(transition);
    if (isStreaming && status.walStillMs !== null && !waitsInVain) {
      const reason = `WAL still moves at node ${status.nodeId}`;
      const waitMs = leaseMs - status.walStillMs + 1;
      return { reason, waitMs, changedBy: 'WAL that has stood still for a lease everywhere' };
    }
    if ((status.paused || status.manual) && !isOutdated(transition, status) && !isOpenServer(transition))
      return {
        reason: `node ${status.nodeId} knows failover to be paused`,
        waitMs: leaseMs / 2,
        changedBy: '"repmgr service unpause", or failover=automatic on the primary',
      };
  }
  return null;
}

/** A voter that was away when a pause ended remembers it until a primary tells it better; others must not wait for that. */
function isOutdated({ state }: Transition, { configurationVersion }: ProtocolStatus): boolean {
  const own = state.durable.configuration;
  if (own === null) return false;
  return configurationVersion === null || compareVersions(configurationVersion, own.version) < 0;
}
