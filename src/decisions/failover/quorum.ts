/** Smallest number of voters that is more than half of `count`. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * The value that a majority has reached: the largest v such that at least `majorityOf(values.length)`
 * entries are ≥ v. One entry per voter, undefined for a voter that has none.
 */
export function majorityValue(values: readonly (number | undefined)[]): number | undefined {
  const descending = values.filter((value): value is number => value !== undefined).toSorted((a, b) => b - a);
  return descending[majorityOf(values.length) - 1];
}
