/** One line of values as repmgr writes them: separated by commas, without quoting. */
export function plainCsvLine(values: readonly (string | number | boolean)[]): string {
  return values.join(',');
}

/**
 * `"key","value",…` and a number bare, as the status commands write it. Double quotes inside of a value stay
 * as they are: that is what programs which read this output expect.
 */
export function quotedCsvLine(values: readonly (string | number)[]): string {
  return values.map((value) => (typeof value === 'number' ? String(value) : `"${value}"`)).join(',');
}
