import type { NodeId } from '../../domain/node.ts';
import { defaultLocation, judgeLocation } from '../failover/location.ts';
import { comparePositions } from '../failover/position.ts';
import { majorityOf } from '../failover/quorum.ts';
import { type Candidate, comesBefore, whyNotFirst } from '../failover/rank-candidates.ts';
import {
  type ClusterSnapshot,
  type NodeSnapshot,
  primaryOf,
  suspensionOf,
  votersOf,
} from './cluster-snapshot.ts';

/** A node that would remain, and what would become of it in an election. */
export interface Contender {
  readonly nodeId: NodeId;
  readonly isElected: boolean;
  /** What decides it, for people; for the winner the votes. */
  readonly reason: string;
}

export interface ElectionForecast {
  readonly voters: number;
  readonly needed: number;
  /** Voters that would remain and answer. */
  readonly remaining: readonly NodeId[];
  readonly winner: Candidate | null;
  /** Those who may take over, the best first; a primary that lives may hand over to any of them, wherever it is. */
  readonly ranking: readonly Candidate[];
  /** How many stand before the winner, in vain. */
  readonly failedBefore: number;
  readonly contenders: readonly Contender[];
  /** Why nobody is elected. */
  readonly obstacle: string | null;
}

interface Ballot {
  readonly candidate: Candidate;
  readonly grants: number;
}

interface Count {
  readonly ballots: readonly Ballot[];
  readonly winner: Candidate | null;
  readonly needed: number;
  readonly misplaced: ReadonlyMap<NodeId, string>;
}

/** Who is elected by those who remain when `down` are lost, by the rules of the protocol (failover.md §6). */
export function forecastElection(snapshot: ClusterSnapshot, down: readonly NodeId[]): ElectionForecast {
  const voters = votersOf(snapshot);
  const needed = majorityOf(voters.length);
  const remaining = levelWithPrimary(snapshot).filter(
    (node) => node.status !== null && voters.includes(node.nodeId) && !down.includes(node.nodeId),
  );
  const ranking = remaining.flatMap(candidateOf).toSorted((a, b) => (comesBefore(a, b) ? -1 : 1));
  const misplaced = misplacedAmong(snapshot, remaining);
  const ballots = ranking
    .filter(({ nodeId }) => !misplaced.has(nodeId))
    .map((candidate) => ({
      candidate,
      grants: remaining.filter((node) => wouldGrant(node, candidate)).length,
    }));
  const suspension = suspensionOf(snapshot);
  const obstacle = whyNobody({ needed, voters, remaining, ballots, suspension });
  const index = obstacle === null ? ballots.findIndex(({ grants }) => grants >= needed) : -1;
  const winner = ballots[index]?.candidate ?? null;
  return {
    voters: voters.length,
    needed,
    remaining: remaining.map((node) => node.nodeId),
    winner,
    ranking,
    failedBefore: Math.max(0, index),
    contenders: remaining.map((node) => contend(node, { ballots, winner, needed, misplaced })),
    obstacle,
  };
}

/**
 * The answers are some milliseconds apart, while WAL flows: who has everything that the primary had when it answered
 * counts as level with it, however much has come since.
 */
function levelWithPrimary(snapshot: ClusterSnapshot): readonly NodeSnapshot[] {
  const sighting = primaryOf(snapshot);
  const end = sighting.kind === 'reigning' ? (sighting.node.status?.position ?? null) : null;
  if (end === null) return snapshot.nodes;
  return snapshot.nodes.map((node) => {
    const position = node.status?.position ?? null;
    if (node.status === null || position === null || comparePositions(position, end) <= 0) return node;
    return { ...node, status: { ...node.status, position: end } };
  });
}

function candidateOf({ status }: NodeSnapshot): Candidate[] {
  if (status === null || !status.isPromotable || status.position === null) return [];
  return [{ nodeId: status.nodeId, position: status.position, priority: status.priority }];
}

/** Those in the wrong location for an election, and why. */
function misplacedAmong(
  snapshot: ClusterSnapshot,
  remaining: readonly NodeSnapshot[],
): ReadonlyMap<NodeId, string> {
  const sighting = primaryOf(snapshot);
  const reigns = snapshot.nodes.flatMap(({ status }) => status?.reigns.at(-1) ?? []);
  const latest = reigns.toSorted((a, b) => b.term - a.term)[0]?.nodeId;
  const primary =
    sighting.kind === 'reigning' ? sighting.node : snapshot.nodes.find((node) => node.nodeId === latest);
  if (primary === undefined) return new Map();
  const placeOf = ({ location = defaultLocation }: NodeSnapshot): string => location;
  const answering = remaining.map(placeOf);
  return new Map(
    remaining.flatMap((node) => {
      const why = judgeLocation(placeOf(node), placeOf(primary), answering);
      return why === null ? [] : [[node.nodeId, why] as const];
    }),
  );
}

/** What a voter's own WAL makes it answer (§6.5); leases and terms are no obstacle once the wait is over. */
function wouldGrant({ nodeId, isWitness, status }: NodeSnapshot, candidate: Candidate): boolean {
  if (nodeId === candidate.nodeId || isWitness) return true;
  // Data under reconstruction binds nobody.
  if (status?.role === 'rejoining') return true;
  const position = status?.position ?? null;
  return position !== null && comparePositions(candidate.position, position) >= 0;
}

function whyNobody(facts: {
  readonly needed: number;
  readonly voters: readonly NodeId[];
  readonly remaining: readonly NodeSnapshot[];
  readonly ballots: readonly Ballot[];
  readonly suspension: 'paused' | 'manual' | null;
}): string | null {
  const { needed, voters, remaining, ballots, suspension } = facts;
  if (suspension === 'paused') return 'failover is paused';
  if (suspension === 'manual') return 'failover is "manual" on the primary';
  if (remaining.length < needed)
    return `only ${remaining.length} of ${voters.length} voters would remain, ${needed} are needed`;
  if (ballots.length === 0) return 'none of those who remain may be promoted';
  if (ballots.every(({ grants }) => grants < needed))
    return 'those who may be promoted lack WAL that the others have';
  return null;
}

function contend({ nodeId, status }: NodeSnapshot, { ballots, winner, needed, misplaced }: Count): Contender {
  const own = ballots.find(({ candidate }) => candidate.nodeId === nodeId);
  const isElected = winner?.nodeId === nodeId;
  if (isElected)
    return { nodeId, isElected, reason: `${own?.grants ?? 0} of ${needed} votes that are needed` };
  if (status === null) return { nodeId, isElected, reason: 'its repmgrd does not answer' };
  if (own === undefined || winner === null) {
    const reason = status.notPromotableReason ?? misplaced.get(nodeId) ?? 'nobody can be elected';
    return { nodeId, isElected, reason };
  }
  if (comesBefore(own.candidate, winner))
    return {
      nodeId,
      isElected,
      reason: `it would get only ${own.grants} of ${needed} votes: others have more WAL`,
    };
  return { nodeId, isElected, reason: whyNotFirst(status, winner) };
}
