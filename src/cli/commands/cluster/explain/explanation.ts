import type { ClusterSnapshot } from '../../../../decisions/outlook/cluster-snapshot.ts';
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
const leadInMs = 2_000;
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
    remarks: remarksOf(observed, span, at),
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

function remarksOf(observed: ObservedCluster, span: Span, at: number | null): readonly string[] {
  const { snapshot, journals, databaseFailure, events } = observed;
  const remarks: string[] = [];
  if (databaseFailure !== null)
    remarks.push(
      `The database of this node does not answer (${databaseFailure}); asked were the nodes that its repmgrd remembers.`,
    );
  const silent = snapshot.nodes.filter(
    ({ nodeId }) => !journals.some(({ reply }) => reply.nodeId === nodeId),
  );
  for (const { nodeName, silence } of silent) {
    const why = silence ?? 'it keeps no journal of decisions';
    const instead =
      events === null ? 'what it decided is missing here' : 'of it there are only recorded events here';
    remarks.push(`repmgrd of ${nodeName} could not be asked: ${why}; ${instead}.`);
  }
  if (events === null) remarks.push('No database could be asked for recorded events.');
  remarks.push(...journals.flatMap((journal) => remarkOnClock(journal)));
  if (at !== null) remarks.push(...journals.flatMap((journal) => remarkOnLength(journal, span)));
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

function remarkOnLength({ reply, clockAheadMs }: Journal, span: Span): string[] {
  const first = reply.decisions[0];
  if (reply.before !== null || (first !== undefined && Date.parse(first.at) - clockAheadMs <= span.sinceMs))
    return [];
  return [`The journal of ${reply.nodeName} does not reach further back.`];
}
