import { explainAbstention } from './abstain.ts';
import { campaignTimerMs, onCampaignTimer, standInPlace, startCampaign } from './campaign.ts';
import { campaignDueMs, isOpenServer } from './candidacy.ts';
import { advanceConfiguration } from './configuration.ts';
import { isFencingSuspended } from './enforce-lease.ts';
import { recoverStopped, restoreReceiver } from './following.ts';
import { onHandoverTimer } from './handover.ts';
import { sendHeartbeats } from './heartbeats.ts';
import { hangProbeDueMs, probeDoubtedServer } from './hung-server.ts';
import { fenceAtMs, startWaitMs } from './lease.ts';
import { watchOpenServer, watchOwnServer } from './observe-server.ts';
import { expirePauseRequest } from './pause.ts';
import { probeDueMs, probePrimary } from './primary-probe.ts';
import { expireShutdown } from './shutdown.ts';
import type { Transition } from './transition.ts';
import { expireValidation } from './validation.ts';
import { operationDueMs, watchOperation } from './watch-operation.ts';

/** Whatever is due by now. */
export function actOnTime(transition: Transition): void {
  const { state, nowMs } = transition;
  expirePauseRequest(transition);
  expireShutdown(transition);
  expireValidation(transition);
  watchOperation(transition);
  probeDoubtedServer(transition);
  if (state.reign !== null) leadOn(transition);
  if (state.campaign !== null) onCampaignTimer(transition);
  if (state.handover !== null) onHandoverTimer(transition);
  if (state.campaign === null) probePrimary(transition);
  const due = campaignDueMs(transition);
  if (due !== null && nowMs >= due) startCampaign(transition);
  explainAbstention(transition);
  watchOpenServer(transition);
  watchOwnServer(transition);
  recoverStopped(transition);
  releaseReceiver(transition);
}

function leadOn(transition: Transition): void {
  const { state, nowMs } = transition;
  advanceConfiguration(transition);
  if (state.reign !== null && nowMs >= state.reign.nextHeartbeatAtMs) sendHeartbeats(transition);
  const isNewerHeard = (state.reign?.higherTerm ?? 0) > (state.reign?.term ?? 0);
  if (
    isNewerHeard &&
    state.role === 'primary' &&
    state.campaign === null &&
    state.handover === null &&
    nowMs >= state.nextCampaignAtMs
  ) {
    standInPlace(transition);
  }
}

/** A vote that came to nothing puts the receiver back (§6.5). */
function releaseReceiver(transition: Transition): void {
  const { state, nowMs } = transition;
  if (
    !state.isReceiverHeld ||
    state.operation !== null ||
    state.pendingVote !== null ||
    state.campaign !== null
  )
    return;
  if (state.reign !== null || state.server.verdict !== 'up' || state.server.recoveryState !== 'standby')
    return;
  if (state.lease !== null && nowMs < state.lease.untilMs) return;
  // A vote given before a restart of this daemon still stands until then.
  if (startWaitMs(state, nowMs) > 0) return;
  restoreReceiver(transition);
}

export function scheduleTimer(transition: Transition): void {
  const { state, nowMs } = transition;
  const times = [
    campaignDueMs(transition),
    probeDueMs(transition),
    state.pauseRequest?.untilMs ?? null,
    state.handover?.untilMs ?? null,
    state.shutdown?.untilMs ?? null,
    operationDueMs(state),
    hangProbeDueMs(state),
    state.nextRejoinAtMs,
    state.validation?.untilMs ?? null,
  ];
  if (state.reign !== null)
    times.push(
      state.reign.nextHeartbeatAtMs,
      isFencingSuspended(transition) ? null : fenceAtMs(state, nowMs),
    );
  if (state.campaign !== null) times.push(campaignTimerMs(state.campaign, nowMs));
  if (state.isReceiverHeld) times.push(state.lease?.untilMs ?? null);
  if (isOpenServer(transition) && state.reign === null)
    times.push(state.serverChangedAtMs + transition.leaseMs);
  // What is due already and could not be done waits for an event, not for time.
  const future = times.filter((at): at is number => at !== null && at > nowMs);
  const dueMs = Math.min(nowMs + transition.leaseMs / 2, ...future);
  if (dueMs === state.timerDueMs) return;
  state.timerDueMs = dueMs;
  transition.effects.push({ type: 'setTimer', atMs: dueMs });
}
