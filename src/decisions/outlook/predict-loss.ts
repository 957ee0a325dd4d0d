import type { NodeId } from '../../domain/node.ts';
import { chooseCrashAction, promotionMs } from '../failover/choose-crash-action.ts';
import { rankDelayMs } from '../failover/gather-statuses.ts';
import { comparePositions } from '../failover/position.ts';
import {
  type ClusterSnapshot,
  leaseMsOf,
  type NodeSnapshot,
  primaryOf,
  suspensionOf,
} from './cluster-snapshot.ts';
import { type ElectionForecast, forecastElection } from './elect.ts';
import { isListed } from './synchronous-standbys.ts';

/** Asking everybody, the probe of the silent primary, pre-vote, standing receivers, vote: on a quiet network. */
const electionMs = 250;
/** Until a crash is seen, what it left is cleared away and read, and the standbys have answered. */
const assessmentMs = 350;

/** How long nobody can write, in parts; estimates. */
export interface OutageEstimate {
  readonly leaseMs: number;
  readonly electionMs: number;
  readonly promotionMs: number;
  readonly totalMs: number;
}

export interface DataLoss {
  /** At worst, by what the standbys have now; null when nobody can tell. */
  readonly bytes: bigint | null;
  /** Whether commits wait for a standby that remains, so that nothing acknowledged can be lost. */
  readonly isExcluded: boolean;
}

export type LossOutcome =
  /** The primary is not among the lost and keeps its majority. */
  | { readonly kind: 'primaryStays'; readonly primary: NodeId; readonly doCommitsHang: boolean }
  /** The primary is not among the lost, but stops, because it hears no majority. */
  | { readonly kind: 'primaryFenced'; readonly primary: NodeId; readonly afterMs: number }
  | {
      readonly kind: 'promoted';
      readonly winner: NodeId;
      readonly outage: OutageEstimate;
      readonly loss: DataLoss;
      readonly doCommitsHang: boolean;
    }
  | { readonly kind: 'noPrimary'; readonly reason: string };

export interface LossPrediction {
  readonly down: readonly NodeId[];
  /** Before the loss; null when there is none, or more than one. */
  readonly primary: NodeId | null;
  readonly election: ElectionForecast;
  readonly outcome: LossOutcome;
}

/** What follows if the hosts of all nodes in `down` are lost at once (failover.md §5, §6). */
export function predictLoss(snapshot: ClusterSnapshot, down: readonly NodeId[]): LossPrediction {
  const sighting = primaryOf(snapshot);
  const primary = sighting.kind === 'reigning' || sighting.kind === 'unguarded' ? sighting.node : null;
  const election = forecastElection(snapshot, down);
  const base = { down, primary: primary?.nodeId ?? null, election };
  if (primary !== null && !down.includes(primary.nodeId))
    return { ...base, outcome: withPrimary(snapshot, primary, election, down) };
  const { winner, obstacle } = election;
  if (winner === null)
    return { ...base, outcome: { kind: 'noPrimary', reason: obstacle ?? 'nobody is elected' } };
  const outage = estimateOutage(leaseMsOf(snapshot), election.failedBefore);
  const loss = estimateLoss(snapshot, primary, down, winner.position.lsn);
  const doCommitsHang = wouldHang(snapshot, [...down, winner.nodeId]);
  return { ...base, outcome: { kind: 'promoted', winner: winner.nodeId, outage, loss, doCommitsHang } };
}

function withPrimary(
  snapshot: ClusterSnapshot,
  { nodeId, status }: NodeSnapshot,
  { remaining, needed }: ElectionForecast,
  down: readonly NodeId[],
): LossOutcome {
  const isKept = remaining.length >= needed || status === null || suspensionOf(snapshot) !== null;
  if (!isKept) return { kind: 'primaryFenced', primary: nodeId, afterMs: leaseMsOf(snapshot) };
  return { kind: 'primaryStays', primary: nodeId, doCommitsHang: wouldHang(snapshot, [...down, nodeId]) };
}

function estimateOutage(leaseMs: number, failedBefore: number): OutageEstimate {
  const wholeElectionMs = electionMs + failedBefore * rankDelayMs;
  return {
    leaseMs,
    electionMs: wholeElectionMs,
    promotionMs,
    totalMs: leaseMs + wholeElectionMs + promotionMs,
  };
}

/** A commit that was confirmed is on as many listed standbys as it waits for: fewer lost, and one that has it remains. */
function estimateLoss(
  snapshot: ClusterSnapshot,
  primary: NodeSnapshot | null,
  down: readonly NodeId[],
  winnerLsn: bigint,
): DataLoss {
  const { synchronous, nodes } = snapshot;
  const lost = nodes.filter(
    (node) =>
      synchronous !== null &&
      node.nodeId !== primary?.nodeId &&
      isListed(node.nodeName, synchronous) &&
      (down.includes(node.nodeId) || node.status === null),
  );
  const isExcluded = synchronous !== null && synchronous.count > lost.length;
  if (isExcluded) return { bytes: 0n, isExcluded };
  const end = primary?.status?.walEnd?.lsn ?? null;
  if (end === null) return { bytes: null, isExcluded };
  return { bytes: end > winnerLsn ? end - winnerLsn : 0n, isExcluded };
}

/** Whether commits would wait for more listed standbys than are left without those in `without`. */
function wouldHang({ synchronous, nodes }: ClusterSnapshot, without: readonly NodeId[]): boolean {
  if (synchronous === null || synchronous.count === 0) return false;
  const left = nodes.filter(
    (node) =>
      !without.includes(node.nodeId) &&
      !node.isWitness &&
      node.status !== null &&
      isListed(node.nodeName, synchronous),
  );
  return left.length < synchronous.count;
}

export interface CrashPrediction {
  /**
   * The standbys that may take over, best first: the first answer that covers the crashed server's WAL decides. Empty
   * where the server is restarted in place.
   */
  readonly winners: readonly NodeId[];
  readonly reason: string;
  readonly outageMs: number;
}

/** What follows if only PostgreSQL of the primary dies while its daemon lives; null without such a primary. */
export function predictCrash(snapshot: ClusterSnapshot): CrashPrediction | null {
  const sighting = primaryOf(snapshot);
  if (sighting.kind !== 'reigning' || suspensionOf(snapshot) !== null) return null;
  const { status, nodeId } = sighting.node;
  if (status === null) return null;
  const standbys = forecastElection(snapshot, [nodeId]).ranking;
  const verdict = chooseCrashAction({
    setting: status.crashAction ?? 'auto',
    localPosition: status.position,
    redoBytes: 0n,
    wasShutDown: false,
    crashesWithinWindow: 1,
    hasRestartFailed: false,
    bestStandby: standbys[0]?.position ?? null,
  });
  const local = status.position;
  const covering = standbys.filter(
    ({ position }) => local !== null && comparePositions(position, local) >= 0,
  );
  const isHandedOver = verdict.action === 'handover';
  const winners = covering.length > 0 ? covering : standbys.slice(0, 1);
  return {
    winners: isHandedOver ? winners.map((candidate) => candidate.nodeId) : [],
    reason: verdict.reason,
    outageMs: assessmentMs + (isHandedOver ? promotionMs : verdict.predictedRecoveryMs),
  };
}
