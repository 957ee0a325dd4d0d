import { abandon } from './campaign-stage.ts';
import { isOpenServer } from './candidacy.ts';
import { startPreVote } from './request-votes.ts';
import type { Campaign, CoreState } from './state.ts';
import type { Transition } from './transition.ts';

/** How long failover_validation_command may take; others stand meanwhile. */
const validationLimitMs = 30_000;
/** What the shell may need to end it. */
const slackMs = 2_000;

/** Everybody has been asked, and it is this node's turn: the command first, where there is one, then the pre-vote. */
export function standOrValidate(transition: Transition): void {
  const { campaign } = transition.state;
  if (campaign === null) return;
  if (!mustValidate(transition)) {
    startPreVote(transition);
    return;
  }
  const answered = Object.values(campaign.statuses).flatMap((status) => status ?? []);
  const former = lastPrimary(transition.state);
  const visible = answered.filter((status) => status.nodeId !== former).length + 1;
  startValidation(transition, visible);
}

/**
 * Whether failover_validation_command is to be asked before this node takes over. Not where it goes on as the primary
 * that it was, nor again within a lease of its consent.
 */
export function mustValidate(transition: Transition): boolean {
  const { state } = transition;
  if (state.parameters.validationRerunMs === undefined || isOpenServer(transition)) return false;
  return lastPrimary(state) !== transition.self && state.validation?.refusal !== null;
}

/** `visibleNodes`: those that answer, itself among them, without the last primary. */
export function startValidation(transition: Transition, visibleNodes: number): void {
  const { state, nowMs } = transition;
  const { campaign } = state;
  if (campaign === null) return;
  const former = lastPrimary(state);
  state.campaign = { ...campaign, stage: 'validating', untilMs: nowMs + validationLimitMs + slackMs };
  transition.effect({
    type: 'validateCandidacy',
    scope: campaign.id,
    visibleNodes,
    sharedUpstreamNodes: transition.voters.filter((voter) => voter.nodeId !== former).length,
    totalNodes: state.registered?.length ?? transition.voters.length,
    timeoutMs: validationLimitMs,
  });
}

/** Keeps this node from standing until the command is asked again; its vote is not concerned. */
export function refuseCandidacy(transition: Transition, reason: string): void {
  const { state, nowMs } = transition;
  const rerunMs = state.parameters.validationRerunMs ?? 0;
  const refusal = `failover_validation_command refused: ${reason}`;
  state.validation = { refusal, untilMs: nowMs + rerunMs };
  state.abstainedFromMs = state.lease?.untilMs ?? null;
  abandon(transition, refusal, rerunMs, { changedBy: 'a run of that command that ends with 0' });
}

/** Consent holds for a lease: a candidacy that fails meanwhile need not ask again. */
export function consentToCandidacy(transition: Transition, campaign: Campaign): void {
  const { state, nowMs } = transition;
  state.validation = { refusal: null, untilMs: nowMs + transition.leaseMs };
  const evidence = { tookMs: Math.round(nowMs - campaign.startedAtMs) };
  transition.explain('§6.3', 'failover_validation_command lets this node stand', evidence);
}

/** What the command said is asked for anew after a while. */
export function expireValidation({ state, nowMs }: Transition): void {
  if (state.validation !== null && nowMs >= state.validation.untilMs) state.validation = null;
}

function lastPrimary({ durable }: CoreState): number | undefined {
  return durable.reigns.at(-1)?.nodeId;
}
