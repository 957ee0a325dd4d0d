import type { NodeId } from '../../domain/node.ts';
import type { HeartbeatReply } from '../../domain/peer-messages.ts';
import {
  adoptConfiguration,
  noteAnsweringVoter,
  reissueConfiguration,
  unansweredVoters,
  versionKey,
} from './configuration.ts';
import { becomeFencing } from './fencing.ts';
import { isTrustworthy } from './identity.ts';
import { learnReigns } from './learn-reigns.ts';
import type { Transition } from './transition.ts';
import { writeWalRound } from './wal-road.ts';

const probeIntervalMs = 1_000;

/** One round to every voter; its send time is what acknowledgements count from. */
export function sendHeartbeats(transition: Transition): void {
  const { state, nowMs } = transition;
  const { reign, durable } = state;
  if (reign === null || durable.configuration === null) return;
  const { heartbeatIntervalMs, leaseMs } = durable.configuration;
  const body = {
    term: reign.term,
    primary: transition.self,
    phase: reign.phase,
    configuration: durable.configuration,
    reigns: durable.reigns,
  };
  const timeoutMs = Math.max(2 * heartbeatIntervalMs, Math.min(1_000, leaseMs / 2));
  for (const voter of transition.otherVoters) {
    transition.send(voter, { message: 'heartbeat', body }, { sentAtMs: nowMs, scope: reign.term }, timeoutMs);
  }
  const previous = reign.nextHeartbeatAtMs - heartbeatIntervalMs;
  state.reign = { ...reign, nextHeartbeatAtMs: nowMs + heartbeatIntervalMs };
  writeWalRound(transition);
  if (Math.floor(nowMs / probeIntervalMs) !== Math.floor(previous / probeIntervalMs))
    askUnanswered(transition);
}

/** Registered nodes become voters once their daemon answers (failover.md §2). */
export function askUnanswered(transition: Transition): void {
  for (const voter of unansweredVoters(transition)) {
    if (voter.nodeId === transition.self) continue;
    transition.send(
      voter,
      { message: 'status', body: null },
      { sentAtMs: transition.nowMs, scope: 0 },
      probeIntervalMs,
    );
  }
}

export function onHeartbeatReply(
  transition: Transition,
  from: NodeId,
  sentAtMs: number,
  reply: HeartbeatReply | null,
): void {
  const { state } = transition;
  if (reply === null || state.reign === null || !isTrustworthy(transition, from, reply)) return;
  state.highestTimelineHeard = Math.max(state.highestTimelineHeard, reply.highestTimeline);
  if (!reply.accepted) {
    onHeartbeatRefused(transition, from, reply);
    return;
  }
  const { acknowledgedAtMs, configurationStoredBy } = state.reign;
  const stored =
    reply.configurationVersion === null ? {} : { [from]: versionKey(reply.configurationVersion) };
  state.reign = {
    ...state.reign,
    acknowledgedAtMs: { ...acknowledgedAtMs, [from]: Math.max(sentAtMs, acknowledgedAtMs[from] ?? sentAtMs) },
    configurationStoredBy: { ...configurationStoredBy, ...stored },
  };
  noteAnsweringVoter(transition, from, reply.incarnation);
}

function onHeartbeatRefused(transition: Transition, from: NodeId, reply: HeartbeatReply): void {
  const { state } = transition;
  const { reign } = state;
  if (reign === null) return;
  const proof = reply.reigns.find(
    (candidate) => candidate.term > reign.term && candidate.nodeId !== transition.self,
  );
  if (proof !== undefined) {
    becomeFencing(
      transition,
      '§6.9',
      `node ${from} knows of the reign of node ${proof.nodeId} in term ${proof.term}`,
    );
    return;
  }
  if (reply.term > reign.term) {
    state.reign = { ...reign, higherTerm: Math.max(reply.term, reign.higherTerm ?? 0) };
  }
  learnReigns(transition, reply.reigns, from);
  const before = state.durable.configuration;
  adoptConfiguration(transition, reply.configuration);
  if (state.durable.configuration !== before) reissueConfiguration(transition);
}
