import type { NodeId } from '../../domain/node.ts';
import { prettySize } from '../../domain/pretty-size.ts';
import { majorityOf } from '../failover/quorum.ts';
import { type ClusterSnapshot, nameOf, primaryOf, suspensionOf, votersOf } from './cluster-snapshot.ts';
import { countOf, describeDuration, joinNames } from './describe-amounts.ts';
import { findProblems, type Problem } from './find-problems.ts';
import { type DataLoss, predictCrash, predictLoss } from './predict-loss.ts';
import { tolerance } from './tolerance.ts';

export interface ClusterVerdict {
  /** `healthy`: nothing to do. `impaired`: writes go on, something is wrong. `down`: no node accepts writes. */
  readonly health: 'healthy' | 'impaired' | 'down';
  /** How many nodes it can lose, whichever they are. */
  readonly canLose: number;
  /** What stands on top of everything: how it is, what it could stand, what a failover would be like. */
  readonly sentence: string;
  readonly problems: readonly Problem[];
}

/** The verdict on the cluster as it is now: the same for the command line and whatever else shows it. */
export function judgeCluster(snapshot: ClusterSnapshot): ClusterVerdict {
  const problems = [...findProblems(snapshot), ...problemOfSize(snapshot)];
  const sighting = primaryOf(snapshot);
  const canLose = tolerance(snapshot);
  if (sighting.kind === 'none')
    return { health: 'down', canLose, sentence: sentenceOf('Down:', problems), problems };
  const isHealthy = problems.length === 0;
  const sentence = [
    isHealthy ? 'Healthy.' : sentenceOf(sighting.kind === 'several' ? 'Danger:' : 'Works, but', problems),
    describeTolerance(snapshot, canLose),
    ...describeFailover(snapshot),
  ].join(' ');
  return { health: isHealthy ? 'healthy' : 'impaired', canLose, sentence, problems };
}

function sentenceOf(word: string, problems: readonly Problem[]): string {
  const [first, ...more] = problems;
  const others = more.length === 0 ? '' : ` (and ${countOf(more.length, 'more problem')})`;
  return `${word} ${first?.text ?? 'something is wrong'}${others}.`;
}

/** Nothing is broken, but the loss of one host stops the cluster. */
function problemOfSize(snapshot: ClusterSnapshot): Problem[] {
  const voters = votersOf(snapshot).length;
  if (voters >= 3 || suspensionOf(snapshot) !== null) return [];
  const text =
    voters === 2
      ? 'with two nodes, the loss of either host stops the other one too: one of two is no majority'
      : 'there is only one node, and nothing that could take over';
  const cure = `add ${countOf(3 - voters, 'node')}; one of three may have priority=0`;
  return [{ nodeId: null, text, cure }];
}

function describeTolerance(snapshot: ClusterSnapshot, canLose: number): string {
  if (canLose > 0) return `Can lose ${countOf(canLose, 'node')}.`;
  if (suspensionOf(snapshot) !== null) return 'Should not lose the primary now.';
  const voters = votersOf(snapshot).length;
  const answering = snapshot.nodes.filter(({ status }) => status !== null).length;
  if (answering <= majorityOf(voters))
    return `Can lose no node: ${answering} of ${voters} repmgrd answer, and ${majorityOf(voters)} are needed.`;
  return 'Cannot lose the primary: nobody could take over.';
}

function describeFailover(snapshot: ClusterSnapshot): string[] {
  const sighting = primaryOf(snapshot);
  if (sighting.kind !== 'reigning' || suspensionOf(snapshot) !== null) return [];
  const crash = predictCrash(snapshot);
  const { outcome } = predictLoss(snapshot, [sighting.node.nodeId]);
  if (outcome.kind !== 'promoted') {
    if (crash === null || crash.winners.length === 0) return [];
    const crashMs = describeDuration(crash.outageMs);
    return [
      `If only PostgreSQL of the primary crashes, ${eitherOf(crash.winners, snapshot)} takes over in about ${crashMs}.`,
    ];
  }
  const loss = describeLoss(outcome.loss);
  const hostMs = describeDuration(outcome.outage.totalMs);
  if (crash === null || crash.winners.length === 0)
    return [`A failover now would go to ${nameOf(snapshot, outcome.winner)}, ${loss}, in about ${hostMs}.`];
  const winners = eitherOf([...new Set([outcome.winner, ...crash.winners])], snapshot);
  const crashMs = describeDuration(crash.outageMs);
  const host = `${hostMs} if the whole host of ${sighting.node.nodeName} is lost`;
  return [`A failover now would go to ${winners}, ${loss}, in about ${crashMs}, or ${host}.`];
}

/** `a`, `a or b`, `a, b or c`. */
export function eitherOf(nodeIds: readonly NodeId[], snapshot: ClusterSnapshot): string {
  return joinNames(
    nodeIds.map((nodeId) => nameOf(snapshot, nodeId)),
    'or',
  );
}

/** `losing nothing`, `losing up to 12 MB of WAL` and the like. */
export function describeLoss({ bytes, isExcluded }: DataLoss): string {
  if (isExcluded) return 'losing nothing';
  if (bytes === null) return 'losing what had not reached it';
  if (bytes === 0n) return 'losing nothing of what is written by now';
  return `losing up to ${prettySize(bytes)} of WAL`;
}
