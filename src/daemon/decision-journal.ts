import type { Explanation } from '../decisions/failover/state.ts';
import type {
  DecisionRecord,
  DecisionsReply,
  DecisionsRequest,
  Reasoning,
} from '../domain/decision-record.ts';
import { JournalFile } from './journal-file.ts';
import type { Node } from './node.ts';
import { decisionsRequest } from './wire/decision-schemas.ts';
import { decode } from './wire/schemas.ts';

/** Decisions kept, in memory and on disk. */
export const journalLength = 500;
/** Records and the bodies of replies stay well below the limit of a message. */
const maxTextLength = 1_000;
const maxReplyRecords = 200;
/** A decision that comes again within this time, with at most two others in between, is told once with a count. */
const repeatedWithinMs = 300_000;
const repeatedAmong = 3;
const settleLimitMs = 500;

const journalFile = 'decisions.jsonl';

type JournalNode = Pick<Node, 'nodeId' | 'adapters' | 'log' | 'settings'>;

/** The journal of this node's state directory, with what an earlier start of the daemon wrote. */
export async function openDecisionJournal(node: JournalNode, directory: string): Promise<DecisionJournal> {
  const file = new JournalFile(node, `${directory}/${journalFile}`, journalLength);
  return new DecisionJournal(node, file, await file.load());
}

/**
 * The last decisions of this node, so that people can be told why. In memory, and on disk behind the decision loop's
 * back: a disk that is full, slow or gone costs what a restart of the daemon would have remembered, nothing else.
 */
export class DecisionJournal {
  private readonly node: JournalNode;
  private readonly file: JournalFile;
  private records: DecisionRecord[];

  constructor(node: JournalNode, file: JournalFile, records: readonly DecisionRecord[]) {
    this.node = node;
    this.file = file;
    this.records = [...records];
  }

  record(explanation: Explanation, term: number): void {
    const at = this.node.adapters.clock.wallTime().toISOString();
    const repeated = this.findRepeated(explanation, at);
    if (repeated !== undefined) {
      this.repeat(repeated, at);
      return;
    }
    const record: DecisionRecord = {
      sequence: (this.records.at(-1)?.sequence ?? 0) + 1,
      nodeId: this.node.nodeId,
      at,
      term,
      kind: explanation.kind ?? 'decided',
      rule: explanation.rule,
      text: explanation.text.slice(0, maxTextLength),
      evidence: explanation.evidence,
      alternatives: explanation.alternatives ?? [],
      changedBy: explanation.changedBy ?? null,
      times: 1,
      lastAt: at,
    };
    this.records = [...this.records, record].slice(-journalLength);
    this.file.write(record, this.records);
  }

  /** The newest decisions of a span of time, counted back from now by this node's clock. */
  select({ sinceAgoMs, untilAgoMs, limit }: DecisionsRequest): Pick<DecisionsReply, 'decisions' | 'before'> {
    const nowMs = this.node.adapters.clock.wallTime().getTime();
    const sinceMs = sinceAgoMs === null ? Number.NEGATIVE_INFINITY : nowMs - sinceAgoMs;
    const early = this.records.filter((record) => Date.parse(record.at) <= nowMs - untilAgoMs);
    const decisions = early
      .filter((record) => Date.parse(record.lastAt) >= sinceMs)
      .slice(-Math.min(limit, maxReplyRecords));
    const first = decisions[0]?.sequence ?? Number.POSITIVE_INFINITY;
    return { decisions, before: early.findLast((record) => record.sequence < first) ?? null };
  }

  /** Reply to the message `decisions`. */
  answer(body: unknown): { status: number; body: unknown } {
    const request = decode(decisionsRequest, body);
    if (request === undefined) return { status: 400, body: { error: 'no request for decisions' } };
    const { nodeId, adapters, settings } = this.node;
    const reply: DecisionsReply = {
      nodeId,
      nodeName: settings.settings.node_name,
      now: adapters.clock.wallTime().toISOString(),
      ...this.select(request),
    };
    return { status: 200, body: reply };
  }

  /** Resolves when everything is on disk, or can't be in a moment. */
  async settled(): Promise<void> {
    const { clock } = this.node.adapters;
    await Promise.race([this.file.settled(), clock.sleep(settleLimitMs)]);
  }

  private findRepeated({ rule, text }: Explanation, at: string): DecisionRecord | undefined {
    const shape = shapeOf(text.slice(0, maxTextLength));
    const earliestMs = Date.parse(at) - repeatedWithinMs;
    return this.records
      .slice(-repeatedAmong)
      .findLast(
        (record) =>
          record.rule === rule && shapeOf(record.text) === shape && Date.parse(record.lastAt) >= earliestMs,
      );
  }

  private repeat(repeated: DecisionRecord, at: string): void {
    const record = { ...repeated, times: repeated.times + 1, lastAt: at };
    this.records = this.records.map((other) => (other === repeated ? record : other));
    // Each doubling is written: what goes on for hours takes a few lines.
    if (Number.isInteger(Math.log2(record.times))) this.file.write(record, this.records);
  }
}

/** Attempts that differ in how long they wait are the same decision. */
function shapeOf(text: string): string {
  return text.replaceAll(/\d+(?:\.\d+)? ms/g, 'ms');
}

/** For the log: what else there was, and what would change the decision; undefined where neither is known. */
export function describeReasoning({ alternatives, changedBy }: Reasoning): string | undefined {
  const parts = (alternatives ?? []).map(({ action, whyNot }) => `not done: ${action}, because ${whyNot}`);
  if (changedBy !== undefined) parts.push(`what would change it: ${changedBy}`);
  return parts.length === 0 ? undefined : parts.join('; ');
}
