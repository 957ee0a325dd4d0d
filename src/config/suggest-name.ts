/** The known name that is closest to a misspelt one, if any is close enough to be meant. */
export function suggestName(name: string, known: readonly string[]): string | undefined {
  const folded = name.toLowerCase().replaceAll('-', '_');
  const farthest = Math.max(1, Math.floor(folded.length / 4));
  let closest: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - folded.length) > farthest) continue;
    const distance = editDistance(folded, candidate);
    if (distance <= farthest && distance < (closest?.distance ?? Infinity))
      closest = { name: candidate, distance };
  }
  return closest?.name;
}

/** Fewest single-character insertions, deletions, replacements and swaps of neighbours (Damerau, restricted). */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let least = Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped && row > 1 && column > 1) least = Math.min(least, at(beforePrevious, column - 2) + 1);
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
