import {
  type ClusterSnapshot,
  type NodeSnapshot,
  nameOf,
} from '../../../../decisions/outlook/cluster-snapshot.ts';
import { describeDuration } from '../../../../decisions/outlook/describe-amounts.ts';
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
  declined: 'declined',
  failed: 'failed',
  event: 'event',
};

/** What `repmgr cluster explain` prints. */
export function renderExplanation(explanation: ClusterExplanation, layout: Layout): string {
  const { at, verdict, snapshot, remarks } = explanation;
  const sentence = nameNodes(verdict.sentence, snapshot);
  const nodes = snapshot.nodes.map((node) => `  ${describe(node, snapshot)}`);
  const problems = renderProblems(verdict.problems, snapshot);
  const notes = remarks.map((remark) => `Note: ${remark}`);
  const sections =
    at === null
      ? [[sentence], nodes, problems, latestChange(explanation, layout), notes]
      : [around(at, explanation, layout), notes, [`Now: ${sentence}`], problems];
  const texts = sections.filter((section) => section.length > 0).map((section) => section.join('\n'));
  return `${texts.join('\n\n')}\n`;
}

function describe(
  { nodeId, nodeName, status, silence, server }: NodeSnapshot,
  snapshot: ClusterSnapshot,
): string {
  const head = `${nodeName} (ID: ${nodeId}):`;
  if (status === null) {
    const postgres =
      server === null ? 'its PostgreSQL is silent as well' : `its PostgreSQL answers as ${server}`;
    return `${head} repmgrd is silent (${silence ?? 'unknown reason'}); ${postgres}`;
  }
  const primary = status.primary === null ? 'no primary' : nameOf(snapshot, status.primary);
  const roles = { primary: `primary in term ${status.term}`, follower: `standby, primary is ${primary}` };
  const role = status.role === 'primary' || status.role === 'follower' ? roles[status.role] : status.role;
  const postgres = server === null ? '; its PostgreSQL does not answer' : '';
  // What a daemon says that has not decided anything yet.
  const isQuiet = status.explanation.startsWith('nothing has happened');
  const decision = isQuiet ? '' : `; last decision: ${nameNodes(status.explanation, snapshot)}`;
  return `${head} ${role}${postgres}${decision}`;
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

/** The story in two or three sentences, for those who read no further. */
function inShort(summary: StorySummary | null, snapshot: ClusterSnapshot): string[] {
  if (summary === null) return [];
  const { cause, choice, outcome } = summary;
  const parts = [
    ...(cause === null ? [] : [sayCause(cause, snapshot)]),
    ...(choice === null || choice === outcome ? [] : [sayChoice(choice, snapshot)]),
    sayOutcome(outcome, cause, snapshot),
  ];
  return [nameNodes(`In short: ${parts.join(' ')}`, snapshot), ''];
}

/** What follows the colon of an observation is what was done next, which the choice says better. */
function sayCause({ text, nodeId, atMs }: StoryLine, snapshot: ClusterSnapshot): string {
  return `At ${timeOfDay(new Date(atMs))} ${nameOf(snapshot, nodeId)} saw: ${text.split(': ')[0]}.`;
}

const choices: Readonly<Record<string, string>> = {
  handover: 'to hand over',
  restart: 'to start PostgreSQL again in place',
  fencing: 'to stop its PostgreSQL',
};

function sayChoice({ text, nodeId }: StoryLine, snapshot: ClusterSnapshot): string {
  const [choice = '', ...reason] = text.split(': ');
  return `${nameOf(snapshot, nodeId)} chose ${choices[choice] ?? choice}: ${reason.join(': ')}.`;
}

function sayOutcome(outcome: StoryLine, cause: StoryLine | null, snapshot: ClusterSnapshot): string {
  const name = nameOf(snapshot, outcome.nodeId);
  const time = timeOfDay(new Date(outcome.atMs));
  const later = cause === null ? '' : `, ${describeDuration(outcome.atMs - cause.atMs)} later`;
  const term = /^elected in term (\d+)/.exec(outcome.text)?.[1];
  if (term !== undefined) return `${name} was elected in term ${term} at ${time}${later}.`;
  if (/^(?:handover|restart|fencing): /.test(outcome.text)) return sayChoice(outcome, snapshot);
  return `${name} at ${time}: ${outcome.text}.`;
}

function renderStory(story: readonly StoryLine[], snapshot: ClusterSnapshot, layout: Layout): string[] {
  const nameWidth = Math.max(...story.map(({ nodeId }) => nameOf(snapshot, nodeId).length));
  return story.flatMap((line) => renderLine(line, { ...layout, snapshot, nameWidth }));
}

function renderLine(line: StoryLine, { isVerbose, snapshot, nameWidth }: StoryLayout): string[] {
  const time = timeOfDay(new Date(line.atMs), { withMs: true });
  const name = nameOf(snapshot, line.nodeId).padEnd(nameWidth);
  const head = `  ${time}  ${name}  ${kindWords[line.kind].padEnd(8)}  `;
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
