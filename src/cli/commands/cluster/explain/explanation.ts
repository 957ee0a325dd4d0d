import type { ClusterSnapshot } from '../../../../decisions/outlook/cluster-snapshot.ts';
import { joinNames } from '../../../../decisions/outlook/describe-amounts.ts';
import { type ClusterVerdict, judgeCluster } from '../../../../decisions/outlook/judge-cluster.ts';
import {
  type StoryLine,
  type StorySummary,
  summariseStory,
  tellStory,
} from '../../../../decisions/outlook/tell-story.ts';
import type { DecisionRecord } from '../../../../domain/decision-record.ts';
import type { Journal, ObservedCluster } from '../../../../operations/observe-cluster.ts';

export interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Everything that `cluster explain` says; times are those of the clock of this host, in milliseconds since 1970. */
export interface ClusterExplanation {
  readonly snapshot: ClusterSnapshot;
  readonly verdict: ClusterVerdict;
  readonly story: readonly StoryLine[];
  readonly summary: StorySummary | null;
  /** The last decision of each node before the story. */
  readonly before: readonly StoryLine[];
  /** What the reader must know of the sources: clocks that differ, what could not be asked. */
  readonly remarks: readonly string[];
  /** Asked for with --at; null: how it came to what is now. */
  readonly at: number | null;
  readonly span: Span;
}

/** Around the last change of the primary, so much before its cause and after its outcome. */
const leadInMs = 300;
const leadOutMs = 20_000;
const mostLines = 15;
/** Clocks this close are as good as the same. */
const clockToleranceMs = 250;

export function explainCluster(observed: ObservedCluster, span: Span, at: number | null): ClusterExplanation {
  const { snapshot, journals, events } = observed;
  const whole = tellStory(
    journals.map((journal) => ({
      nodeId: journal.reply.nodeId,
      lines: journal.reply.decisions.map((record) => lineOfRecord(record, journal)),
    })),
    events ?? [],
  );
  const lines = whole.filter(({ atMs, lastAtMs }) => lastAtMs >= span.sinceMs && atMs <= span.untilMs);
  const summary = summariseStory(lines);
  return {
    snapshot,
    verdict: judgeCluster(snapshot),
    story: at === null ? latestChange(lines, summary) : lines,
    summary,
    before: journals.flatMap((journal) =>
      journal.reply.before === null ? [] : [lineOfRecord(journal.reply.before, journal)],
    ),
    remarks: remarksOf(observed, at),
    at,
    span,
  };
}

/**
 * With its times by the clock of this host. A difference within the precision of the question is left alone: it would
 * only blur the order on one host.
 */
function lineOfRecord(record: DecisionRecord, { clockAheadMs }: Journal): StoryLine {
  const correctionMs = Math.abs(clockAheadMs) < clockToleranceMs ? 0 : clockAheadMs;
  const { sequence: _, term: __, at, lastAt, ...rest } = record;
  return { ...rest, atMs: Date.parse(at) - correctionMs, lastAtMs: Date.parse(lastAt) - correctionMs };
}

function latestChange(lines: readonly StoryLine[], summary: StorySummary | null): readonly StoryLine[] {
  if (summary === null) return lines.slice(-mostLines);
  const fromMs = (summary.cause ?? summary.outcome).atMs - leadInMs;
  const toMs = summary.outcome.atMs + leadOutMs;
  return lines.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).slice(0, mostLines);
}

function remarksOf(observed: ObservedCluster, at: number | null): readonly string[] {
  const { snapshot, journals, databaseFailure, events } = observed;
  const remarks: string[] = [];
  if (databaseFailure !== null)
    remarks.push(
      `The database of this node does not answer (${databaseFailure}); asked were the nodes that its repmgrd remembers.`,
    );
  const silent = snapshot.nodes.filter(
    ({ nodeId }) => !journals.some(({ reply }) => reply.nodeId === nodeId),
  );
  for (const { nodeName, status } of silent) {
    const why = status === null ? 'does not answer' : 'keeps no journal yet';
    const instead = events === null ? 'is missing here' : 'is known by recorded events only';
    remarks.push(`What ${nodeName} decided ${instead}: its repmgrd ${why}.`);
  }
  if (events === null) remarks.push('No database could be asked for recorded events.');
  remarks.push(...journals.flatMap((journal) => remarkOnClock(journal)));
  if (at !== null) remarks.push(...remarkOnLength(journals, at));
  return remarks;
}

function remarkOnClock({ reply, clockAheadMs, uncertaintyMs }: Journal): string[] {
  if (Math.abs(clockAheadMs) < Math.max(clockToleranceMs, 2 * uncertaintyMs)) return [];
  const secs = (Math.abs(clockAheadMs) / 1_000).toFixed(1);
  const direction = clockAheadMs > 0 ? 'ahead of' : 'behind';
  return [
    `The clock of ${reply.nodeName} is ${secs} s ${direction} that of this host. Its times are given by the clock of this host, as if the difference had always been the same: correct the clock.`,
  ];
}

function remarkOnLength(journals: readonly Journal[], at: number): string[] {
  const young = journals.filter(({ reply, clockAheadMs }) => {
    const first = reply.before ?? reply.decisions[0];
    return first === undefined || Date.parse(first.at) - clockAheadMs > at;
  });
  if (young.length === 0) return [];
  const names = joinNames(young.map(({ reply }) => reply.nodeName));
  return [
    `Nothing is known of what ${names} decided before that time: the journal does not reach further back.`,
  ];
}
