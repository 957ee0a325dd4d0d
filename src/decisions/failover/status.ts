import type { ProtocolStatus } from '../../domain/peer-messages.ts';
import type { WalPosition } from '../../domain/reign.ts';
import { isSuspended } from '../../domain/voting-configuration.ts';
import { ownIdentity } from './identity.ts';
import { holdsLease, ownLeaseUntilMs, startWaitMs, walStillMs } from './lease.ts';
import { lineageOf, positionOf, timelineAhead } from './position.ts';
import { type CoreState, highestTimeline } from './state.ts';

/** Why this node may not be promoted now, or null when it may (failover.md §6.3). */
export function whyNotPromotable(state: CoreState): string | null {
  const { parameters, durable, server } = state;
  if (parameters.isWitness === true) return 'it is a witness';
  if (durable.configuration === null) return 'no voting configuration is known yet';
  if (!durable.configuration.voters.some((voter) => voter.nodeId === parameters.nodeId))
    return 'it is no voter';
  // Open already: it stands where it is, whatever was set for promotions.
  if (server.verdict === 'up' && server.recoveryState === 'primary')
    return server.walEnd === null ? 'the end of its WAL is not known' : null;
  if (!parameters.isFailoverAutomatic) return 'failover is "manual"';
  if (parameters.priority <= 0) return 'priority is 0';
  if (isSuspended(durable.configuration)) return 'failover is paused';
  if (state.validation?.refusal != null) return state.validation.refusal;
  if (server.verdict === 'rebuilding') return 'its data directory is being rebuilt';
  if (server.verdict === 'gone') {
    if (durable.intent === 'standby') return 'its PostgreSQL is not running';
    if (!hasOwnTimeline(state)) return 'its PostgreSQL must start in recovery first';
  } else if (server.verdict !== 'up') {
    return `its PostgreSQL is ${server.verdict === 'busy' ? 'busy' : 'not reachable'}`;
  }
  // Promotion would first replay all that was held back, and what the delay is kept for would be gone (manual 20.6.3).
  if (server.applyDelay != null) return `recovery_min_apply_delay is ${server.applyDelay}`;
  if (server.walEnd === null) return 'the end of its WAL is not known';
  const ahead = timelineAhead(server.walEnd, durable.reigns);
  // Promoted now, PostgreSQL would look for its last records in half a segment, and panic.
  if (ahead !== undefined) return `it has only begun to receive the WAL of timeline ${ahead.timeline}`;
  const lineage = lineageOf(server.walEnd, durable.reigns);
  if (lineage.kind === 'unknown') return lineage.reason;
  return null;
}

/**
 * Whether the local WAL ends on a timeline that this node opened: only then may its server be started out of
 * recovery where it stands. On another node's timeline the next number must be taken, by a promotion (I7).
 */
export function hasOwnTimeline(state: CoreState): boolean {
  const { walEnd } = state.server;
  const opening = state.durable.reigns.find((reign) => reign.timeline === walEnd?.timeline);
  return opening?.nodeId === state.parameters.nodeId;
}

/** WAL of no reign, written after a promotion by hand, counts up to its fork only (§6). */
export function ownPosition(state: CoreState): WalPosition | null {
  const { walEnd, fork, recoveryState } = state.server;
  const { reigns } = state.durable;
  if (walEnd === null) return null;
  const position = positionOf(walEnd, reigns);
  if (position !== null || recoveryState !== 'primary' || fork == null) return position;
  return positionOf(fork, reigns);
}

/** Everything that peers, the command line and the explanation of a decision need to know of this node. */
export function protocolStatus(state: CoreState, nowMs: number): ProtocolStatus {
  const { parameters, durable, lease, reign, primary } = state;
  const isBound = lease !== null && nowMs < lease.untilMs;
  const leads = (state.role === 'primary' || state.role === 'promoting') && reign !== null;
  const notPromotable = whyNotPromotable(state);
  const startWait = startWaitMs(state, nowMs);
  return {
    ...ownIdentity(state),
    role: state.role,
    phase: leads ? reign.phase : null,
    primary: leads ? parameters.nodeId : (primary?.nodeId ?? null),
    leaseHolder: leads && holdsLease(state, nowMs) ? parameters.nodeId : isBound ? lease.holder : null,
    leaseRemainingMs: Math.max(
      isBound ? lease.untilMs - nowMs : 0,
      leads ? (ownLeaseUntilMs(state, nowMs) ?? nowMs) - nowMs : 0,
      Number.isFinite(startWait) ? startWait : 0,
    ),
    walStillMs: walStillMs(state, nowMs),
    isPromotable: notPromotable === null,
    notPromotableReason: notPromotable,
    position: ownPosition(state),
    walEnd: state.server.walEnd,
    priority: parameters.priority,
    paused: durable.configuration?.paused ?? false,
    manual: durable.configuration?.manual ?? false,
    reigns: durable.reigns,
    highestTimeline: highestTimeline(state) as ProtocolStatus['highestTimeline'],
    voterIds: durable.configuration?.voters.map((voter) => voter.nodeId) ?? [],
    votersHeard: heardVoters(state, nowMs),
  };
}

/** Voters that acknowledged this primary within a lease. */
function heardVoters(state: CoreState, nowMs: number): ProtocolStatus['votersHeard'] {
  const { reign, durable, parameters } = state;
  if (reign === null || durable.configuration === null) return [];
  const { leaseMs, voters } = durable.configuration;
  return voters
    .map((voter) => voter.nodeId)
    .filter(
      (id) =>
        id === parameters.nodeId ||
        nowMs - (reign.acknowledgedAtMs[id] ?? Number.NEGATIVE_INFINITY) < leaseMs,
    );
}
