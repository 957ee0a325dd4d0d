import type { ClusterSnapshot } from '../../../decisions/outlook/cluster-snapshot.ts';
import type { Problem } from '../../../decisions/outlook/find-problems.ts';
import { nameNodes } from './name-nodes.ts';

/** What is wrong, each with its cure. */
export function renderProblems(problems: readonly Problem[], snapshot: ClusterSnapshot): string[] {
  if (problems.length === 0) return [];
  return [
    'What to do:',
    ...problems.flatMap(({ text, detail, cure }) => {
      const because = detail === undefined ? '' : ` (${detail})`;
      return [`  - ${nameNodes(text, snapshot)}${because}`, `    ${cure}`];
    }),
  ];
}
