import type { Alternative, DecisionKind, DecisionRecord } from '../../domain/decision-record.ts';
import type { NodeId } from '../../domain/node.ts';

/** One thing that was seen, decided, not done or recorded, at a time of one clock for all nodes. */
export interface StoryLine {
  readonly atMs: number;
  readonly nodeId: NodeId;
  readonly kind: DecisionKind | 'event';
  readonly text: string;
  /** Section of the protocol; null for a recorded event. */
  readonly rule: string | null;
  readonly evidence: DecisionRecord['evidence'];
  readonly alternatives: readonly Alternative[];
  readonly changedBy: string | null;
  readonly times: number;
  readonly lastAtMs: number;
}

interface NodeJournal {
  readonly nodeId: NodeId;
  /** Oldest first. */
  readonly lines: readonly StoryLine[];
}

interface RecordedEvent {
  readonly nodeId: number;
  readonly event: string;
  readonly details: string | null;
  readonly successful: boolean;
  readonly atMs: number;
}

/** Events that repeat what the journal of the same node says with more words. */
const told = new Set([
  'repmgrd_fence',
  'repmgrd_handover',
  'repmgrd_no_quorum',
  'repmgrd_failover_promote',
  'repmgrd_local_disconnect',
]);

/** Everything in the order in which it happened, by the clock of the host that asks. */
export function tellStory(
  journals: readonly NodeJournal[],
  events: readonly RecordedEvent[],
): readonly StoryLine[] {
  const beginsAtMs = new Map<number, number>(
    journals.map(({ nodeId, lines }) => [nodeId, lines[0]?.atMs ?? Number.POSITIVE_INFINITY]),
  );
  const isTold = ({ nodeId, event, atMs }: RecordedEvent): boolean =>
    told.has(event) && atMs >= (beginsAtMs.get(nodeId) ?? Number.POSITIVE_INFINITY);
  const recorded = events.filter((event) => !isTold(event)).map(lineOfEvent);
  return [...journals.flatMap(({ lines }) => lines), ...recorded].toSorted((a, b) => a.atMs - b.atMs);
}

function lineOfEvent({ nodeId, event, details, successful, atMs }: RecordedEvent): StoryLine {
  const outcome = successful ? '' : ' (failed)';
  return {
    atMs,
    nodeId: nodeId as NodeId,
    kind: 'event',
    text: details === null || details === '' ? `${event}${outcome}` : `${event}${outcome}: ${details}`,
    rule: null,
    evidence: {},
    alternatives: [],
    changedBy: null,
    times: 1,
    lastAtMs: atMs,
  };
}

/** How long before an outcome its cause is looked for: longer than any election that succeeds at once. */
const causeWithinMs = 60_000;

/** What a story comes to. */
export interface StorySummary {
  /** What it began with. */
  readonly cause: StoryLine | null;
  /** What was chosen to be done about it. */
  readonly choice: StoryLine | null;
  /** What came of it, or what was not done in the end. */
  readonly outcome: StoryLine;
}

/** The last change of the primary in a story; where there was none, the last that was not done or failed. */
export function summariseStory(lines: readonly StoryLine[]): StorySummary | null {
  const outcome =
    lines.findLast(isChange) ??
    lines.findLast(({ kind, text }) => kind === 'event' && /_promote\b/.test(text)) ??
    lines.findLast(({ kind }) => kind === 'declined' || kind === 'failed');
  if (outcome === undefined) return null;
  const before = lines.filter(
    (line) => line !== outcome && line.atMs <= outcome.atMs && line.atMs >= outcome.atMs - causeWithinMs,
  );
  const cause = before.find(
    ({ kind, text }) => kind === 'observed' || text.startsWith('repmgrd_local_disconnect'),
  );
  const since = cause === undefined ? [] : before.slice(before.indexOf(cause) + 1);
  const choice = since.findLast(({ text }) => /^(?:handover|restart|fencing): /.test(text));
  return { cause: cause ?? null, choice: choice ?? null, outcome };
}

function isChange({ text, kind }: StoryLine): boolean {
  return kind === 'decided' && /^(?:elected in term \d|fencing: |restart: )/.test(text);
}
