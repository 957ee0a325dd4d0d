import type { Alternative } from '../../domain/decision-record.ts';
import type { NodeId } from '../../domain/node.ts';
import type { ProtocolStatus, TransferReply } from '../../domain/peer-messages.ts';
import { chooseCrashAction } from './choose-crash-action.ts';
import type { OperationResult } from './events-and-effects.ts';
import { becomeFencing } from './fencing.ts';
import { isTrustworthy } from './identity.ts';
import { becomeWritable } from './opening.ts';
import { comparePositions, positionOf } from './position.ts';
import { type Candidate, comesBefore, whyNotFirst } from './rank-candidates.ts';
import { cancelShutdown, endOnPurpose, endWithoutHeir } from './shutdown.ts';
import { type Handover, highestTimeline } from './state.ts';
import type { Transition } from './transition.ts';

/** How long a silent standby is waited for, where no other is known to have everything. */
const statusLimitMs = 500;
const transferLimitMs = 2_000;

/** Asks those who are not known to have everything: WAL may have reached them since they answered. */
export function askStandbys(transition: Transition): void {
  const { state } = transition;
  const { handover } = state;
  if (handover === null) return;
  const behind = transition.otherVoters.filter((voter) => !hasEverything(transition, handover, voter.nodeId));
  const kept = Object.entries(handover.statuses).filter(
    ([id]) => !behind.some((voter) => voter.nodeId === Number(id)),
  );
  state.handover = { ...handover, statuses: Object.fromEntries(kept) };
  const tag = { sentAtMs: transition.nowMs, scope: -handover.term };
  for (const voter of behind) transition.send(voter, { message: 'status', body: null }, tag, statusLimitMs);
}

/** Whether a standby's last answer covers the end of the crashed server's WAL. */
function hasEverything(transition: Transition, handover: Handover, nodeId: NodeId): boolean {
  const end = handover.assessment?.walEnd ?? null;
  const local = end === null ? null : positionOf(end, transition.state.durable.reigns);
  const position = handover.statuses[nodeId]?.position ?? null;
  return local !== null && position !== null && comparePositions(position, local) >= 0;
}

export function onStatusForHandover(
  transition: Transition,
  from: NodeId,
  status: ProtocolStatus | null,
): void {
  const { state } = transition;
  const { handover } = state;
  if (handover === null) return;
  if (status !== null && !isTrustworthy(transition, from, status)) return;
  // An earlier question that nobody answered says nothing against the answer to a later one.
  if (status === null && handover.statuses[from] != null) return;
  if (status !== null)
    state.highestTimelineHeard = Math.max(state.highestTimelineHeard, status.highestTimeline);
  state.handover = { ...handover, statuses: { ...handover.statuses, [from]: status } };
  decideCrash(transition);
}

export function onAssessed(transition: Transition, result: OperationResult & { kind: 'assessCrash' }): void {
  const { state } = transition;
  const { handover } = state;
  if (handover === null) return;
  if (result.assessment === null) {
    becomeFencing(
      transition,
      '§5',
      `what is left of PostgreSQL could not be cleared away: ${result.reason ?? ''}`,
    );
    return;
  }
  const { assessment } = result;
  state.server = {
    ...state.server,
    verdict: 'gone',
    recoveryState: null,
    walEnd: assessment.walEnd,
    wasShutDown: assessment.wasShutDown,
  };
  state.handover = {
    ...handover,
    assessment,
    stage: 'choosing',
    untilMs: transition.nowMs + statusLimitMs,
  };
  askStandbys(transition);
  decideCrash(transition);
}

/** Decides once the disk has been read and every standby has answered or had its time. */
function decideCrash(transition: Transition, hasRestartFailed = false): void {
  const { state, nowMs } = transition;
  const { handover, reign } = state;
  if (handover === null || reign === null || handover.assessment === null || handover.stage !== 'choosing')
    return;
  const isComplete = transition.otherVoters.every((voter) => handover.statuses[voter.nodeId] !== undefined);
  const best = bestStandby(transition, handover);
  const isCovered = best !== null && hasEverything(transition, handover, best.nodeId);
  if (!isComplete && !isCovered && nowMs < handover.untilMs) return;
  if (concludeShutdown(transition, best === null ? null : { ...best, isCovered })) return;
  const { assessment } = handover;
  const verdict = chooseCrashAction({
    setting: state.parameters.crashAction,
    localPosition: assessment.walEnd === null ? null : positionOf(assessment.walEnd, state.durable.reigns),
    redoBytes: assessment.redoBytes,
    wasShutDown: assessment.wasShutDown,
    crashesWithinWindow: reign.recentCrashesAtMs.length,
    hasRestartFailed,
    isHung: handover.isHung === true,
    bestStandby: best?.position ?? null,
  });
  const evidence = {
    redoBytes: Number(assessment.redoBytes),
    predictedRecoveryMs: Math.round(verdict.predictedRecoveryMs),
    bestStandby: best?.nodeId ?? null,
  };
  const alternatives = [...verdict.alternatives, ...standbysPassedOver(transition, handover, best)];
  transition.explain('§5', `${verdict.action}: ${verdict.reason}`, evidence, { alternatives });
  state.handover = { ...handover, reason: verdict.reason };
  if (verdict.action === 'handover' && best !== null) handOverTo(transition, best.nodeId);
  else restart(transition);
}

/** Shut down on purpose: it is not started again, unless nobody has everything and it was not forced. */
function concludeShutdown(
  transition: Transition,
  best: { readonly nodeId: NodeId; readonly isCovered: boolean } | null,
): boolean {
  const action = endOnPurpose(transition, best);
  if (action === null) return false;
  if (action === 'hand over' && best !== null) handOverTo(transition, best.nodeId);
  else if (action === 'end') endWithoutHeir(transition);
  else {
    cancelShutdown(transition, 'no standby has all WAL: the shutdown is taken back');
    restart(transition);
  }
  return true;
}

function bestStandby(transition: Transition, handover: Handover): Candidate | null {
  const candidates = transition.otherVoters.flatMap((voter) => {
    const status = handover.statuses[voter.nodeId];
    if (status === null || status === undefined || !status.isPromotable || status.position === null)
      return [];
    if (handover.tried.includes(voter.nodeId)) return [];
    return [{ nodeId: voter.nodeId, position: status.position, priority: status.priority }];
  });
  return candidates.toSorted((a, b) => (comesBefore(a, b) ? -1 : 1))[0] ?? null;
}

function standbysPassedOver(
  transition: Transition,
  handover: Handover,
  best: Candidate | null,
): readonly Alternative[] {
  const others = transition.otherVoters.filter((voter) => voter.nodeId !== best?.nodeId);
  return others.map(({ nodeId }) => {
    const status = handover.statuses[nodeId] ?? null;
    const action = `hand over to node ${nodeId}`;
    if (status === null) return { action, whyNot: 'it did not answer' };
    if (best !== null) return { action, whyNot: whyNotFirst(status, best) };
    return { action, whyNot: status.notPromotableReason ?? 'the end of its WAL is not known' };
  });
}

function restart(transition: Transition): void {
  const { state } = transition;
  if (state.handover === null) return;
  state.handover = {
    ...state.handover,
    stage: 'restarting',
    untilMs: transition.nowMs + state.parameters.restartTimeoutMs,
  };
  const id = transition.begin('startPrimary');
  transition.effect({ type: 'startPrimary', id, timeoutMs: state.parameters.restartTimeoutMs });
}

export function onRestarted(
  transition: Transition,
  result: OperationResult & { kind: 'startPrimary' },
): void {
  const { state } = transition;
  const { handover } = state;
  if (handover === null || state.reign === null) return;
  if (result.isWritable) {
    state.handover = null;
    state.server = { ...state.server, verdict: 'up', recoveryState: 'primary' };
    transition.notify(
      'repmgrd_crash_restart',
      `PostgreSQL was restarted in place after ${Math.round(transition.nowMs - handover.startedAtMs)} ms${because(handover)}`,
    );
    becomeWritable(transition, 'restarted', null);
    return;
  }
  const failure = `the restart failed: ${result.reason ?? 'no reason given'}`;
  transition.explain('§5', failure, {}, { kind: 'failed' });
  state.handover = { ...handover, reason: failure };
  const best = bestStandby(transition, handover);
  if (best === null) {
    becomeFencing(transition, '§5', 'PostgreSQL does not start and no standby may be promoted');
    return;
  }
  handOverTo(transition, best.nodeId);
}

/**
 * Ends this reign by own hand and hands the token to the best standby. From here on this node never
 * heartbeats in the term again.
 */
function handOverTo(transition: Transition, target: NodeId): void {
  const { state, nowMs } = transition;
  const { handover } = state;
  const voter = transition.voter(target);
  if (handover === null || voter === undefined) return;
  // Elected again in place while the crash was assessed: that reign is the one that ends.
  const term = state.reign?.term ?? handover.term;
  transition.remember({
    intent: state.shutdown === null ? 'fenced' : 'standby',
    endedReigns: [...new Set([...state.durable.endedReigns, term])],
  });
  transition.effect({ type: 'markStandby' });
  state.role = 'handing over';
  state.campaign = null;
  state.reign = null;
  state.lease = null;
  state.handover = {
    ...handover,
    term,
    stage: 'transferring',
    target,
    tried: [...handover.tried, target],
    untilMs: nowMs + transferLimitMs,
  };
  const token = { term, nextTerm: term + 1, issuer: transition.self, target };
  const details = `the reign of term ${term} ends; node ${target} is to take over${because(handover)}`;
  transition.notify('repmgrd_handover', details, { subject: target });
  transition.send(
    voter,
    {
      message: 'transfer',
      body: {
        token,
        reigns: state.durable.reigns,
        highestTimeline: highestTimeline(state),
        standbysHeard: Object.values(handover.statuses).filter((status) => status !== null).length,
      },
    },
    { sentAtMs: nowMs, scope: -term },
    transferLimitMs,
  );
}

function because({ reason }: Handover): string {
  return reason === undefined ? ' [§5]' : `: ${reason} [§5]`;
}

export function onTransferReply(transition: Transition, from: NodeId, reply: TransferReply | null): void {
  const { handover } = transition.state;
  if (handover === null || handover.target !== from || reply?.accepted === true) return;
  giveUpTarget(transition, reply === null ? 'no answer' : (reply.reason ?? 'refused'));
}

/** The next best gets the token, as long as it is not yet spent; else this node stands itself, later. */
function giveUpTarget(transition: Transition, reason: string): void {
  const { state } = transition;
  const { handover } = state;
  if (handover === null) return;
  const isTokenSpent = state.durable.term > handover.term;
  const next = isTokenSpent ? null : bestStandby(transition, handover);
  if (next !== null) {
    const text = `node ${handover.target} did not take over (${reason}); trying node ${next.nodeId}`;
    transition.explain('§5', text, {}, { kind: 'failed' });
    handOverTo(transition, next.nodeId);
    return;
  }
  const text = `node ${handover.target} did not take over (${reason}); standing in a newer term`;
  transition.explain('§5', text, {}, { kind: 'failed' });
  state.handover = null;
  state.role = 'fenced';
}

export function onHandoverTimer(transition: Transition): void {
  const { handover } = transition.state;
  if (handover === null || transition.nowMs < handover.untilMs) return;
  if (handover.stage === 'choosing') decideCrash(transition);
  else if (handover.stage === 'transferring') giveUpTarget(transition, 'no heartbeat in time');
}
