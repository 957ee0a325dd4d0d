/** Smallest number of voters that is more than half of `count`. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * The value that a majority has reached: the largest v such that at least `majorityOf(values.length)`
 * entries are ≥ v. One entry per voter, undefined for a voter that has none.
 */
export function majorityValue(values: readonly (number | undefined)[]): number | undefined {
  const needed = majorityOf(values.length);
  let highest: number | undefined;
  for (const value of values) {
    if (value === undefined || (highest !== undefined && value <= highest)) continue;
    let reached = 0;
    for (const other of values) if (other !== undefined && other >= value) reached += 1;
    if (reached >= needed) highest = value;
  }
  return highest;
}
