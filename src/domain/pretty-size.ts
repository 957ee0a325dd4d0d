const units = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A size as pg_size_pretty() writes it (manual 9.28.7): `29 MB`; whole numbers, up to 10,240 of a unit. */
export function prettySize(bytes: bigint): string {
  if (bytes < 10_240n) return `${bytes} bytes`;
  // Counted in halves of a unit, so that the last division rounds as PostgreSQL does.
  let halves = bytes / 512n;
  let unit = 0;
  while (halves >= 20_479n && unit < units.length - 1) {
    halves /= 1_024n;
    unit++;
  }
  return `${(halves + 1n) / 2n} ${units[unit]}`;
}
