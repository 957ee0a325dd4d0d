import type { NodeId } from '../../domain/node.ts';
import {
  type ConfigurationVersion,
  compareVersions,
  type Voter,
  type VotingConfiguration,
} from '../../domain/voting-configuration.ts';
import { holdsLease, ownLeaseUntilMs } from './lease.ts';
import { majorityOf } from './quorum.ts';
import type { Transition } from './transition.ts';

export function versionKey(version: ConfigurationVersion): string {
  return `${version.term}.${version.counter}`;
}

/** Stores a configuration that is newer than the own one. */
export function adoptConfiguration(transition: Transition, configuration: VotingConfiguration | null): void {
  if (configuration === null) return;
  const own = transition.state.durable.configuration;
  if (own !== null && compareVersions(configuration.version, own.version) <= 0) return;
  transition.remember({ configuration });
  // The primary counts WAL that comes from now on by the new length; what moved just before is promised no less.
  transition.state.walPromisedMs = Math.max(transition.state.walPromisedMs, configuration.leaseMs);
}

/** Issues a new version as the primary of the present reign. It counts here from now on. */
function issue(transition: Transition, change: Partial<VotingConfiguration>): void {
  const { state } = transition;
  const { configuration } = state.durable;
  if (state.reign === null || configuration === null) return;
  const { version } = configuration;
  const counter = version.term === state.reign.term ? version.counter + 1 : 1;
  const leaseFloorMs = ownLeaseUntilMs(state, transition.nowMs) ?? state.reign.leaseFloorMs;
  const isPromiseChanged = change.voters !== undefined || change.leaseMs !== undefined;
  const next = { ...configuration, ...change, version: { term: state.reign.term, counter } };
  transition.remember({ configuration: next });
  state.reign = {
    ...state.reign,
    ...(isPromiseChanged ? { leaseFloorMs } : {}),
    // Rounds sent before were promised the former length only.
    ...(change.leaseMs === undefined
      ? {}
      : { ignoreSentBeforeMs: transition.nowMs, leaseSinceCounter: counter }),
    nextHeartbeatAtMs: transition.nowMs,
    configurationStoredBy: {
      ...state.reign.configurationStoredBy,
      [transition.self]: versionKey(next.version),
    },
  };
}

/** Whether a majority has stored the present version, which must be of the present term. */
export function isConfigurationSettled({ state }: Pick<Transition, 'state'>): boolean {
  const { reign, durable } = state;
  const { configuration } = durable;
  if (reign === null || configuration === null || configuration.version.term !== reign.term) return false;
  const key = versionKey(configuration.version);
  const stored = configuration.voters.filter((voter) => reign.configurationStoredBy[voter.nodeId] === key);
  return stored.length >= majorityOf(configuration.voters.length);
}

/** Whether a voter is known to promise leases of the present length, to WAL as well. */
export function knowsPresentLease({ state }: Pick<Transition, 'state'>, nodeId: NodeId): boolean {
  const { reign } = state;
  const [term, counter] = (reign?.configurationStoredBy[nodeId] ?? '').split('.').map(Number);
  return reign !== null && term === reign.term && (counter ?? 0) >= reign.leaseSinceCounter;
}

/** First act of a new primary: the newest configuration it knows, under its own term. */
export function reissueConfiguration(transition: Transition): void {
  issue(transition, {});
}

/**
 * Brings the configuration one step nearer to what is registered and what repmgr.conf says: one change at a
 * time, the next only after a majority has stored the last (failover.md §2).
 */
export function advanceConfiguration(transition: Transition): void {
  const { state } = transition;
  const { configuration } = state.durable;
  if (state.role !== 'primary' || configuration === null) return;
  if (!isConfigurationSettled(transition) || !holdsLease(state, transition.nowMs)) return;
  settlePauseRequest(transition, configuration);
  const change = nextChange(transition, configuration);
  if (change !== null) issue(transition, change);
}

/** A pause that no majority stored in time is none: what was promised to fail must not come true later. */
export function withdrawPause(transition: Transition): void {
  if (transition.state.durable.configuration?.paused === true && !isConfigurationSettled(transition))
    issue(transition, { paused: false });
}

function settlePauseRequest(transition: Transition, configuration: VotingConfiguration): void {
  const request = transition.state.pauseRequest;
  if (request === null || configuration.paused !== request.paused) return;
  transition.state.pauseRequest = null;
  const paused = 'failover is paused by the operator: nobody is elected and nobody is fenced';
  const reasoning = request.paused ? { changedBy: '"repmgr service unpause"' } : {};
  transition.explain('§4', request.paused ? paused : 'failover is no longer paused', {}, reasoning);
  transition.reply(request.replyTo, { ok: true });
}

function nextChange(
  transition: Transition,
  configuration: VotingConfiguration,
): Partial<VotingConfiguration> | null {
  const { parameters, pauseRequest } = transition.state;
  if (pauseRequest !== null && pauseRequest.paused !== configuration.paused) {
    return { paused: pauseRequest.paused };
  }
  if (configuration.manual === parameters.isFailoverAutomatic)
    return { manual: !parameters.isFailoverAutomatic };
  const voters = changeOfVoters(transition, configuration.voters);
  if (voters !== null) return { voters };
  if (
    parameters.leaseMs !== configuration.leaseMs ||
    parameters.heartbeatIntervalMs !== configuration.heartbeatIntervalMs
  ) {
    return { leaseMs: parameters.leaseMs, heartbeatIntervalMs: parameters.heartbeatIntervalMs };
  }
  return null;
}

/**
 * One voter added (its daemon has answered), removed (unregistered) or brought up to date. Addresses may
 * change by a new registration; being down never removes a voter.
 */
function changeOfVoters(transition: Transition, voters: readonly Voter[]): readonly Voter[] | null {
  const { registered, answeringVoters } = transition.state;
  if (registered === null || registered.length === 0) return null;
  const byId = new Map(registered.map((voter) => [voter.nodeId, voter]));
  if (!byId.has(transition.self)) return null;
  // Another incarnation is another voter: first the old one goes, then the new one comes (one at a time).
  const removed = voters.find((voter) => byId.get(voter.nodeId)?.incarnation !== voter.incarnation);
  if (removed !== undefined) return voters.filter((voter) => voter !== removed);
  const known = new Map(voters.map((voter) => [voter.nodeId, voter]));
  const changed = registered.find((voter) => isChanged(known.get(voter.nodeId), voter));
  if (changed !== undefined)
    return voters.map((voter) => (voter.nodeId === changed.nodeId ? changed : voter));
  const added = registered.find(
    (voter) => !known.has(voter.nodeId) && answeringVoters.includes(voter.nodeId),
  );
  return added === undefined ? null : [...voters, added].toSorted((a, b) => a.nodeId - b.nodeId);
}

function isChanged(known: Voter | undefined, registered: Voter): boolean {
  if (known === undefined) return false;
  return (Object.keys(registered) as (keyof Voter)[]).some((key) => known[key] !== registered[key]);
}

/** Nodes that are registered and not yet voters: asked for their status until they answer. */
export function unansweredVoters(transition: Transition): readonly Voter[] {
  const { registered, answeringVoters } = transition.state;
  const voters = new Set(transition.voters.map((voter) => voter.nodeId));
  return (registered ?? []).filter(
    (voter) => !voters.has(voter.nodeId) && !answeringVoters.includes(voter.nodeId),
  );
}

export function noteAnsweringVoter(transition: Transition, nodeId: NodeId, incarnation: string): void {
  const { state } = transition;
  const voter = state.registered?.find((candidate) => candidate.nodeId === nodeId);
  if (voter === undefined || voter.incarnation !== incarnation || state.answeringVoters.includes(nodeId))
    return;
  state.answeringVoters = [...state.answeringVoters, nodeId];
}
