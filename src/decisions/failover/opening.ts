import type { Lsn } from '../../domain/lsn.ts';
import type { NodeId } from '../../domain/node.ts';
import type { Reign, WalEnd } from '../../domain/reign.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import { isOpenServer } from './candidacy.ts';
import { reissueConfiguration } from './configuration.ts';
import type { OperationResult } from './events-and-effects.ts';
import { becomeFencing } from './fencing.ts';
import { sendHeartbeats } from './heartbeats.ts';
import { holdsLease, ownLeaseUntilMs } from './lease.ts';
import { mergeReigns, positionOf } from './position.ts';
import { othersPassedOver } from './rank-candidates.ts';
import type { Campaign, CoreState } from './state.ts';
import { hasOwnTimeline } from './status.ts';
import type { Transition } from './transition.ts';
import { dropPendingVote } from './vote-reply.ts';

/**
 * A majority has voted for this node. The votes are its first acknowledgements: the lease counts from their
 * sending, heartbeats begin now, and only then is the server opened (failover.md §6.6 to §6.8).
 */
export function win(transition: Transition, campaign: Campaign): void {
  const { state, nowMs } = transition;
  const grantors = Object.entries(campaign.votes).flatMap(([id, vote]) =>
    vote?.granted === true ? [Number(id)] : [],
  );
  const former = state.primary?.nodeId ?? latestOtherPrimary(transition);
  const isInPlace = state.reign !== null;
  dropPendingVote(transition, 'it was elected itself');
  state.campaign = null;
  state.reign = {
    term: campaign.term,
    phase: isInPlace ? (state.reign?.phase ?? 'writable') : 'promoting',
    acknowledgedAtMs: Object.fromEntries(grantors.map((id) => [id, campaign.sentAtMs])),
    walAcknowledgedAtMs: {},
    leaseSinceCounter: 0,
    nextHeartbeatAtMs: nowMs,
    ignoreSentBeforeMs: campaign.sentAtMs,
    leaseFloorMs: Number.NEGATIVE_INFINITY,
    graceUntilMs: null,
    configurationStoredBy: {},
    recentCrashesAtMs: state.reign?.recentCrashesAtMs ?? [],
    higherTerm: null,
    reason: causeOf(transition, campaign, former),
  };
  if (!holdsLease(state, nowMs)) {
    resign(transition, 'the votes came when the lease they give was over');
    return;
  }
  transition.explain(
    '§6.6',
    `elected in term ${campaign.term} by nodes ${[transition.self, ...grantors].join(', ')}`,
    {
      term: campaign.term,
      former: former ?? null,
    },
    { alternatives: othersPassedOver(transition, campaign) },
  );
  reissueConfiguration(transition);
  openServer(transition, campaign, former);
}

function causeOf({ state }: Transition, campaign: Campaign, former: NodeId | null): string {
  if (campaign.token !== null) return `node ${campaign.token.issuer} handed over`;
  if (state.role === 'primary') return 'it was primary before';
  return former === null ? 'there was no primary' : `node ${former} was silent for a lease`;
}

/** Gives up an election that was won, before anything was opened or recorded for it. */
function resign(transition: Transition, reason: string): void {
  const { state } = transition;
  if (isOpenServer(transition)) {
    becomeFencing(transition, '§6.6', `elected in vain: ${reason}`);
    return;
  }
  state.reign = null;
  state.handover = null;
  state.role = state.server.verdict === 'gone' ? 'fenced' : 'follower';
  state.nextCampaignAtMs = transition.nowMs + 50 + (transition.random * transition.leaseMs) / 2;
  transition.explain('§6.6', `elected in vain: ${reason}`, {}, { kind: 'failed' });
}

function latestOtherPrimary(transition: Transition): NodeId | null {
  const latest = transition.state.durable.reigns.at(-1);
  return latest === undefined || latest.nodeId === transition.self ? null : latest.nodeId;
}

function openServer(transition: Transition, campaign: Campaign, former: NodeId | null): void {
  const { state } = transition;
  const { server, reign } = state;
  if (reign === null) return;
  if (server.walEnd === null) {
    resign(transition, 'the end of its WAL is no longer known');
    return;
  }
  const isOpen = server.verdict === 'up' && server.recoveryState === 'primary';
  const isRestarting = state.role === 'primary' && !isOpen;
  if (isOpen || isRestarting) {
    recordReign(transition, server.walEnd.timeline, originOf(state, server.walEnd));
    if (isOpen) becomeWritable(transition, 'elected', former);
    return;
  }
  if (server.verdict === 'gone' && (state.durable.intent === 'standby' || !hasOwnTimeline(state))) {
    resign(transition, 'its PostgreSQL died during the election');
    return;
  }
  state.role = 'promoting';
  if (server.verdict === 'gone') {
    recordReign(transition, server.walEnd.timeline, server.walEnd);
    sendHeartbeats(transition);
    const id = transition.begin('startPrimary');
    transition.effect({ type: 'startPrimary', id, timeoutMs: state.parameters.restartTimeoutMs });
    return;
  }
  const { timeline } = campaign;
  if (timeline === null) {
    becomeFencing(transition, '§6.7', 'its server is in recovery, but no timeline was voted for');
    return;
  }
  recordReign(transition, timeline as TimelineId, server.walEnd);
  sendHeartbeats(transition);
  const id = transition.begin('promote');
  transition.effect({
    type: 'promote',
    id,
    term: reign.term,
    highestTimeline: timeline - 1,
    leaseUntilMs: ownLeaseUntilMs(state, transition.nowMs) ?? transition.nowMs,
  });
}

/** A timeline that began without an election, by hand, begins at its fork for the reigns too. */
function originOf({ server, durable }: CoreState, end: WalEnd): WalEnd {
  return positionOf(end, durable.reigns) === null ? (server.fork ?? end) : end;
}

/** Stored before the server opens, so that no WAL is ever written that belongs to no reign. */
function recordReign(transition: Transition, timeline: TimelineId, fork: WalEnd): void {
  const { state } = transition;
  if (state.reign === null) return;
  const reign: Reign = {
    term: state.reign.term,
    nodeId: transition.self,
    timeline,
    parentTimeline: fork.timeline,
    forkLsn: fork.lsn,
  };
  transition.remember({ reigns: mergeReigns(state.durable.reigns, [reign]), intent: 'primary' });
}

const promotionRetryLimitMs = 30_000;

/** What failed once may fail again (`promote_command`): the next best gets its turn before this node stands again. */
export function failPromotion(transition: Transition, reason: string): void {
  const { state } = transition;
  becomeFencing(transition, '§6.7', reason);
  state.promotionFailures += 1;
  const delay = Math.min(promotionRetryLimitMs, transition.leaseMs * 2 ** state.promotionFailures);
  state.nextCampaignAtMs = transition.nowMs + delay;
}

export function onPromoted(transition: Transition, result: OperationResult & { kind: 'promote' }): void {
  const { state, nowMs } = transition;
  if (state.reign === null || state.role !== 'promoting') return;
  if (result.promoted === null) {
    failPromotion(transition, `the promotion failed: ${result.reason ?? 'no reason given'}`);
    return;
  }
  if (!holdsLease(state, nowMs)) {
    becomeFencing(transition, '§6.7', 'the lease was lost while promoting');
    return;
  }
  state.promotionFailures = 0;
  const { timeline, forkLsn } = result.promoted;
  const parentTimeline = state.server.walEnd?.timeline ?? timeline;
  recordReign(transition, timeline, { timeline: parentTimeline, lsn: forkLsn as Lsn });
  state.server = {
    ...state.server,
    verdict: 'up',
    recoveryState: 'primary',
    walEnd: { timeline, lsn: forkLsn as Lsn },
    isReceiverActive: false,
    upstream: null,
  };
  becomeWritable(transition, 'promoted', state.primary?.nodeId ?? null);
}

export function onPrimaryStarted(
  transition: Transition,
  result: OperationResult & { kind: 'startPrimary' },
): void {
  const { state } = transition;
  if (state.reign === null) return;
  if (!result.isWritable) {
    becomeFencing(transition, '§5', `PostgreSQL could not be started: ${result.reason ?? 'no reason given'}`);
    return;
  }
  state.server = {
    ...state.server,
    verdict: 'up',
    recoveryState: 'primary',
    isReceiverActive: false,
    upstream: null,
  };
  becomeWritable(transition, 'elected', null);
}

/** Everybody may follow from here on. */
export function becomeWritable(
  transition: Transition,
  kind: 'promoted' | 'restarted' | 'elected',
  former: NodeId | null,
): void {
  const { state } = transition;
  if (state.reign === null) return;
  state.role = 'primary';
  state.reign = { ...state.reign, phase: 'writable' };
  state.primary = null;
  state.lease = null;
  state.isReceiverHeld = false;
  state.walMovedAtMs = null;
  sendHeartbeats(transition);
  transition.effect({ type: 'afterOpening', term: state.reign.term, formerPrimary: former, kind });
  if (kind === 'promoted') {
    transition.notify(
      'repmgrd_failover_promote',
      `node ${transition.self} promoted to primary in term ${state.reign.term}: ${state.reign.reason ?? 'it was elected'} [§6.6]`,
      former === null ? {} : { subject: former },
    );
  }
}
