import {
  type ClusterSnapshot,
  nameOf,
  nodeOf,
  primaryOf,
} from '../../../../decisions/outlook/cluster-snapshot.ts';
import { countOf, describeDuration, joinNames } from '../../../../decisions/outlook/describe-amounts.ts';
import { type ClusterVerdict, describeLoss, eitherOf } from '../../../../decisions/outlook/judge-cluster.ts';
import type {
  CrashPrediction,
  LossOutcome,
  LossPrediction,
} from '../../../../decisions/outlook/predict-loss.ts';
import { tolerance } from '../../../../decisions/outlook/tolerance.ts';
import { nameNodes } from '../name-nodes.ts';
import { renderProblems } from '../render-problems.ts';

/** Everything that `cluster whatif` says. */
export interface WhatIf {
  readonly snapshot: ClusterSnapshot;
  /** On the cluster as it is. */
  readonly verdict: ClusterVerdict;
  readonly prediction: LossPrediction;
  /** What if only PostgreSQL of the primary died; null where the question is another one. */
  readonly crash: CrashPrediction | null;
  /** The cluster after the loss; null where it would have no primary. */
  readonly afterwards: ClusterSnapshot | null;
}

type Promoted = LossOutcome & { kind: 'promoted' };

/** What `repmgr cluster whatif` prints. */
export function renderPrediction(whatIf: WhatIf): string {
  const { snapshot, verdict, prediction } = whatIf;
  const names = prediction.down.map((nodeId) => {
    const isSilent = nodeOf(snapshot, nodeId)?.status === null;
    const remark = nodeId === prediction.primary ? ' (the primary)' : isSilent ? ' (silent already)' : '';
    return `${nameOf(snapshot, nodeId)}${remark}`;
  });
  const hosts = names.length === 1 ? 'the host of' : 'the hosts of';
  const lines = [
    `If ${hosts} ${joinNames(names)} were lost now:`,
    '',
    ...row('Majority', describeMajority(prediction)),
    ...outcomeRows(whatIf),
    ...afterwardsRows(whatIf),
    ...adviceRows(whatIf),
  ];
  const sections = [
    lines,
    crashLines(whatIf),
    ['As it is now:', `  ${verdict.sentence}`],
    renderProblems(verdict.problems, snapshot),
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => nameNodes(section.join('\n'), snapshot))
    .join('\n\n')}\n`;
}

function row(title: string, ...lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? title : '').padEnd(10)}  ${line}`);
}

function describeMajority({ election }: LossPrediction): string {
  const { remaining, voters, needed } = election;
  const verdict = remaining.length >= needed ? 'remains' : 'is lost';
  return `${verdict}: ${remaining.length} of ${countOf(voters, 'voter')} would answer, ${needed} are needed`;
}

function outcomeRows(whatIf: WhatIf): string[] {
  const { snapshot, prediction } = whatIf;
  const { outcome } = prediction;
  switch (outcome.kind) {
    case 'promoted':
      return promotedRows(whatIf, outcome);
    case 'noPrimary':
      return [
        ...row('Promotion', `nobody: ${outcome.reason}`, ...passedOver(prediction, snapshot)),
        ...row(
          'Clients',
          'cannot write until enough nodes are back; the best of them is then opened by itself',
        ),
      ];
    case 'primaryFenced':
      return [
        ...row(
          'Primary',
          `${nameOf(snapshot, outcome.primary)} stops its PostgreSQL within ${describeDuration(outcome.afterMs)}: it could not know whether the others elect another`,
        ),
        ...row('Clients', 'cannot write until a majority is back; it is then opened again by itself'),
      ];
    case 'primaryStays':
      return [
        ...row('Primary', `${nameOf(snapshot, outcome.primary)} goes on; nobody is promoted`),
        ...row(
          'Clients',
          outcome.doCommitsHang ? hanging(snapshot) : 'notice nothing, unless they read from a lost node',
        ),
      ];
    default:
      return outcome satisfies never;
  }
}

function promotedRows(
  { snapshot, prediction }: WhatIf,
  { winner, outage, loss, doCommitsHang }: Promoted,
): string[] {
  const name = nameOf(snapshot, winner);
  const total = describeDuration(outage.totalMs);
  const parts = `lease ${describeDuration(outage.leaseMs)}, election ${describeDuration(outage.electionMs)}, promotion ${describeDuration(outage.promotionMs)}`;
  const clients = doCommitsHang
    ? hanging(snapshot)
    : `cannot write for about ${total}, then write to ${name}; open transactions are lost`;
  return [
    ...row('Promotion', `${name}, after about ${total} (${parts})`, ...passedOver(prediction, snapshot)),
    ...row('Data', describeData(snapshot, loss)),
    ...row('Clients', clients),
  ];
}

function passedOver({ election }: LossPrediction, snapshot: ClusterSnapshot): string[] {
  return election.contenders
    .filter((contender) => !contender.isElected)
    .map(({ nodeId, reason }) => `not ${nameOf(snapshot, nodeId)}: ${reason}`);
}

function describeData({ synchronous }: ClusterSnapshot, loss: Promoted['loss']): string {
  const text = describeLoss(loss);
  if (loss.isExcluded) return `${text}: commits wait for a standby that would remain`;
  if (synchronous === null) return `${text}; whether commits wait for a standby could not be asked`;
  if (synchronous.count === 0)
    return `${text}; replication is asynchronous, so what is confirmed in the last moment may be lost`;
  return `${text}; commits wait, but every standby that has them could be among the lost`;
}

function hanging({ synchronous }: ClusterSnapshot): string {
  const { count, names } = synchronous ?? { count: 0, names: [] };
  return `wait in COMMIT for ever: ${count} of ${names.join(', ')} must confirm, and fewer remain`;
}

function afterwardsRows({ afterwards }: WhatIf): string[] {
  if (afterwards === null) return [];
  const more = tolerance(afterwards);
  const text =
    more === 0
      ? 'no further node could be lost before one is back'
      : `${countOf(more, 'further node')} could be lost`;
  return row('Then', text);
}

function adviceRows({ snapshot, prediction }: WhatIf): string[] {
  const advice = adviseFor(snapshot, prediction);
  return advice.length === 0 ? [] : row('Advice', ...advice);
}

/** What to do to be able to lose these nodes. */
function adviseFor({ synchronous }: ClusterSnapshot, { election, outcome, down }: LossPrediction): string[] {
  const { remaining, needed, voters } = election;
  if (remaining.length < needed) {
    const wanted = 2 * down.length + 1;
    const missing = Math.max(1, wanted - voters);
    const silent = voters - remaining.length - down.length;
    if (silent > 0)
      return [
        `bring back the ${countOf(silent, 'voter')} that ${silent === 1 ? 'is' : 'are'} silent already`,
      ];
    return [
      `to be able to lose ${countOf(down.length, 'node')}, run ${wanted}: add ${countOf(missing, 'node')}; one with priority=0 votes as well`,
    ];
  }
  if (outcome.kind === 'noPrimary') return ['see below what keeps the others from being promoted'];
  if ('doCommitsHang' in outcome && outcome.doCommitsHang)
    return ['list more standbys in synchronous_standby_names, for example ANY 1 with all of them'];
  if (outcome.kind === 'promoted' && !outcome.loss.isExcluded && synchronous?.count === 0)
    return [
      "to lose nothing, let commits wait for a standby: synchronous_standby_names = 'ANY 1 (…)' on every node",
    ];
  return [];
}

function crashLines({ snapshot, prediction, crash }: WhatIf): string[] {
  const sighting = primaryOf(snapshot);
  if (crash === null || prediction.primary === null || sighting.kind !== 'reigning') return [];
  const primary = nameOf(snapshot, prediction.primary);
  const head = `If only PostgreSQL on ${primary} died, and the host with its repmgrd lived:`;
  const duration = describeDuration(crash.outageMs);
  if (crash.winners.length === 0)
    return [
      head,
      `  it is started again in place, in about ${duration} plus crash recovery: ${crash.reason}`,
    ];
  const first = crash.winners.length > 1 ? ', whichever answers first,' : '';
  const winners = eitherOf(crash.winners, snapshot);
  return [head, `  ${winners}${first} takes over in about ${duration}, losing nothing: ${crash.reason}`];
}
