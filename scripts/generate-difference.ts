const MOST_LINES_SHOWN = 5;

/** A few lines that tell what is different about a generated file. */
export function describeDifference(path: string, present: string | undefined, rendered: string): string {
  if (present === undefined) return `${path}: is new`;
  const [before, after] = [present, rendered].map((text) => text.split('\n')) as [string[], string[]];
  const removed = linesMissingFrom(after, before).map((line) => `  - ${line}`);
  const added = linesMissingFrom(before, after).map((line) => `  + ${line}`);
  const summary = `${path}: ${removed.length} lines removed, ${added.length} added`;
  return [summary, ...shorten(removed), ...shorten(added)].join('\n');
}

function linesMissingFrom(text: readonly string[], lines: readonly string[]): readonly string[] {
  const present = new Set(text);
  return lines.filter((line) => !present.has(line));
}

function shorten(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES_SHOWN) return lines;
  return [...lines.slice(0, MOST_LINES_SHOWN), `    … and ${lines.length - MOST_LINES_SHOWN} more`];
}
