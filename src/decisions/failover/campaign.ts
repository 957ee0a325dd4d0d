import type { TransferRequest, TransferToken } from '../../domain/peer-messages.ts';
import { abandon, newCampaign, roundLimitMs } from './campaign-stage.ts';
import { considerStatuses, graceForOthersMs } from './gather-statuses.ts';
import { probePrimary } from './primary-probe.ts';
import { startPreVote, startVote } from './request-votes.ts';
import type { Campaign, CoreState } from './state.ts';
import { whyNotPromotable } from './status.ts';
import type { Transition } from './transition.ts';
import {
  consentToCandidacy,
  mustValidate,
  refuseCandidacy,
  standOrValidate,
  startValidation,
} from './validation.ts';

/** Asks everybody what they know before anything is changed. */
export function startCampaign(transition: Transition): void {
  const { state, nowMs } = transition;
  if (state.durable.configuration === null) return;
  if (state.role === 'follower' || state.role === 'fenced') state.role = 'candidate';
  tellSilence(transition);
  const campaign = newCampaign(transition, 'gathering', null);
  state.campaign = campaign;
  const tag = { sentAtMs: nowMs, scope: campaign.id };
  for (const voter of transition.otherVoters) {
    transition.send(voter, { message: 'status', body: null }, tag, roundLimitMs(transition));
  }
  probePrimary(transition);
  considerStatuses(transition);
}

/** What a failover begins with; said at the first of the campaigns that follow one lease. */
function tellSilence(transition: Transition): void {
  const { lease, primary, nextCampaignAtMs } = transition.state;
  if (lease === null || lease.holder === transition.self || nextCampaignAtMs > lease.untilMs) return;
  const silentMs = primary?.nodeId === lease.holder ? Math.round(transition.nowMs - primary.heardAtMs) : null;
  transition.explain(
    '§6.1',
    `node ${lease.holder} has been silent for a lease: asking all voters whether to elect another primary`,
    { silentMs },
    { kind: 'observed', changedBy: `a heartbeat of node ${lease.holder}` },
  );
}

/** The primary stands again where it is, because voters mention a newer term without a reign (§6.9). */
export function standInPlace(transition: Transition): void {
  transition.state.campaign = newCampaign(transition, 'gathering', null);
  startPreVote(transition);
}

/** The token of the primary that ends its reign: stand now, without asking first (§5). */
export function standByToken(transition: Transition, request: TransferRequest): string | null {
  const { state } = transition;
  const { token } = request;
  const reason = whyTokenIsVoid(state, token);
  if (reason !== null) return reason;
  state.role = 'candidate';
  state.campaign = newCampaign(transition, 'stoppingReceiver', token);
  transition.explain('§5', `node ${token.issuer} hands over: standing in term ${token.nextTerm}`, {
    issuer: token.issuer,
  });
  if (mustValidate(transition)) startValidation(transition, request.standbysHeard ?? 1);
  else startVote(transition);
  return null;
}

function whyTokenIsVoid(state: CoreState, token: TransferToken): string | null {
  const reason = whyNotPromotable(state);
  if (reason !== null) return reason;
  if (state.operation !== null || state.pendingVote !== null) return 'its server is busy';
  if (state.lease?.holder !== token.issuer || state.lease.term !== token.term)
    return 'it is not bound to the issuer';
  if (token.nextTerm <= state.durable.term) return `term ${state.durable.term} is not older than the token's`;
  if (state.role !== 'follower' && state.role !== 'candidate' && state.role !== 'fenced')
    return `it is ${state.role}`;
  return null;
}

/**
 * The answer of failover_validation_command. One that took long leaves what was heard before it out of date: then
 * everybody is asked once more first.
 */
export function onCandidacyValidated(transition: Transition, scope: number, refusal: string | null): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign?.id !== scope || campaign.stage !== 'validating') return;
  if (refusal !== null) {
    refuseCandidacy(transition, refusal);
    return;
  }
  consentToCandidacy(transition, campaign);
  if (campaign.token !== null) {
    const reason = whyTokenIsVoid(state, campaign.token);
    if (reason === null) startVote(transition);
    else abandon(transition, reason);
  } else if (nowMs < campaign.startedAtMs + transition.leaseMs / 2) {
    startPreVote(transition);
  } else {
    abandon(transition, 'failover_validation_command took long: all voters are asked anew', 0);
  }
}

/** Time is up for the present stage. */
export function onCampaignTimer(transition: Transition): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign === null) return;
  if (campaign.stage === 'gathering') considerStatuses(transition);
  else if (nowMs < campaign.untilMs) return;
  else if (campaign.stage === 'waiting') standOrValidate(transition);
  else if (campaign.stage === 'validating')
    onCandidacyValidated(transition, campaign.id, 'it did not come to an end');
  else if (campaign.stage === 'stoppingReceiver')
    abandon(transition, 'the WAL receiver could not be stopped');
  else abandon(transition, 'not enough votes came in time');
}

/** When the campaign wants to be looked at again. */
export function campaignTimerMs(campaign: Campaign, nowMs: number): number {
  if (campaign.stage !== 'gathering') return campaign.untilMs;
  const grace = campaign.startedAtMs + graceForOthersMs;
  return nowMs < grace ? Math.min(grace, campaign.untilMs) : campaign.untilMs;
}
