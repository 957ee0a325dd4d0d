import {
  type ClusterSnapshot,
  type NodeSnapshot,
  nameOf,
} from '../../../../decisions/outlook/cluster-snapshot.ts';
import type { StoryLine, StorySummary } from '../../../../decisions/outlook/tell-story.ts';
import { dateOf, fullTime, timeOfDay } from '../../../output/local-time.ts';
import { nameNodes } from '../name-nodes.ts';
import { renderProblems } from '../render-problems.ts';
import type { ClusterExplanation } from './explanation.ts';

interface Layout {
  readonly isVerbose: boolean;
}

interface StoryLayout extends Layout {
  readonly snapshot: ClusterSnapshot;
  /** Of the longest name in the story. */
  readonly nameWidth: number;
}

const kindWords: Readonly<Record<StoryLine['kind'], string>> = {
  observed: 'saw',
  decided: 'decided',
  declined: 'did not',
  failed: 'failed',
  event: 'event',
};

/** What `repmgr cluster explain` prints. */
export function renderExplanation(explanation: ClusterExplanation, layout: Layout): string {
  const { at, verdict, snapshot, remarks } = explanation;
  const now = [
    nameNodes(verdict.sentence, snapshot),
    '',
    ...snapshot.nodes.map((node) => describe(node, snapshot)),
  ];
  const problems = renderProblems(verdict.problems, snapshot);
  const past = at === null ? latestChange(explanation, layout) : around(at, explanation, layout);
  const sections = at === null ? [now, problems, past] : [past, now.slice(0, 1), problems];
  const notes = remarks.map((remark) => `Note: ${remark}`);
  return `${[...sections, notes]
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}

function describe(
  { nodeId, nodeName, status, silence, server }: NodeSnapshot,
  snapshot: ClusterSnapshot,
): string {
  const head = `  ${nodeName} (ID: ${nodeId}):`;
  if (status === null) {
    const postgres =
      server === null ? 'its PostgreSQL is silent as well' : `its PostgreSQL answers as ${server}`;
    return `${head} repmgrd is silent (${silence ?? 'unknown reason'}); ${postgres}`;
  }
  const primary = status.primary === null ? 'no primary' : nameOf(snapshot, status.primary);
  const role =
    status.role === 'primary'
      ? `primary in term ${status.term}`
      : status.role === 'follower'
        ? `standby, primary is ${primary}`
        : status.role;
  return `${head} ${role}; last decision: ${nameNodes(status.explanation, snapshot)}`;
}

function latestChange({ story, summary, snapshot }: ClusterExplanation, layout: Layout): string[] {
  if (story.length === 0) return [];
  const first = story[0];
  const day = first === undefined ? '' : `, on ${dateOf(new Date(first.atMs))}`;
  return [
    `How it came to this${day}:`,
    ...inShort(summary, snapshot),
    ...renderStory(story, snapshot, layout),
  ];
}

function around(at: number, explanation: ClusterExplanation, layout: Layout): string[] {
  const { story, summary, snapshot, span, before } = explanation;
  const since = timeOfDay(new Date(span.sinceMs));
  const until = timeOfDay(new Date(span.untilMs));
  const head = `Around ${fullTime(new Date(at))} (${since} to ${until}):`;
  if (story.length > 0) return [head, ...inShort(summary, snapshot), ...renderStory(story, snapshot, layout)];
  const earlier = before.map(
    (line) =>
      `  ${nameOf(snapshot, line.nodeId)}, ${fullTime(new Date(line.atMs))}: ${nameNodes(line.text, snapshot)}`,
  );
  const quiet = 'Nothing was decided and no event was recorded: nothing happened that called for it.';
  return earlier.length === 0 ? [head, quiet] : [head, quiet, 'The last decisions before that:', ...earlier];
}

/** The story in one sentence or two, for those who read no further. */
function inShort(summary: StorySummary | null, snapshot: ClusterSnapshot): string[] {
  if (summary === null) return [];
  const { cause, choice, outcome } = summary;
  const say = (line: StoryLine): string =>
    `${nameNodes(line.text, snapshot)} (${nameOf(snapshot, line.nodeId)}, ${timeOfDay(new Date(line.atMs))})`;
  const parts = [cause, choice === outcome ? null : choice, outcome].flatMap((line) =>
    line === null ? [] : say(line),
  );
  return [`In short: ${parts.join('. Then: ')}.`, ''];
}

function renderStory(story: readonly StoryLine[], snapshot: ClusterSnapshot, layout: Layout): string[] {
  const nameWidth = Math.max(...story.map(({ nodeId }) => nameOf(snapshot, nodeId).length));
  return story.flatMap((line) => renderLine(line, { ...layout, snapshot, nameWidth }));
}

function renderLine(line: StoryLine, { isVerbose, snapshot, nameWidth }: StoryLayout): string[] {
  const time = timeOfDay(new Date(line.atMs), { withMs: true });
  const name = nameOf(snapshot, line.nodeId).padEnd(nameWidth);
  const head = `  ${time}  ${name}  ${kindWords[line.kind].padEnd(7)}  `;
  const rule = line.rule === null ? '' : ` [${line.rule}]`;
  const again = line.times === 1 ? '' : ` (${line.times} times, until ${timeOfDay(new Date(line.lastAtMs))})`;
  const more = line.alternatives.map(({ action, whyNot }) => `not: ${action}, because ${whyNot}`);
  if (line.changedBy !== null) more.push(`would change it: ${line.changedBy}`);
  if (isVerbose) more.push(...evidenceOf(line));
  const indent = ' '.repeat(head.length);
  const text = nameNodes(`${line.text}${again}${rule}`, snapshot);
  return [`${head}${text}`, ...more.map((part) => `${indent}${nameNodes(part, snapshot)}`)];
}

function evidenceOf({ evidence }: StoryLine): string[] {
  const facts = Object.entries(evidence).map(([name, value]) => `${name}=${value ?? 'unknown'}`);
  return facts.length === 0 ? [] : [`evidence: ${facts.join(', ')}`];
}
