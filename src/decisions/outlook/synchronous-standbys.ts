/** What the commits of the primary wait for (`synchronous_standby_names`, manual 20.6.2). */
export interface SynchronousStandbys {
  /** So many of the listed must have flushed a commit before the client is told of it; 0: none. */
  readonly count: number;
  /** Names of nodes, as `application_name` has them; `*` stands for any. */
  readonly names: readonly string[];
}

const asynchronous: SynchronousStandbys = { count: 0, names: [] };

/**
 * Reads the two settings as PostgreSQL does. FIRST and ANY wait for the same number; which members they prefer makes no
 * difference to what a lost primary can take with it.
 */
export function readSynchronousStandbys(names: string, synchronousCommit: string): SynchronousStandbys {
  if (synchronousCommit === 'off' || synchronousCommit === 'local') return asynchronous;
  const text = names.trim();
  if (text === '') return asynchronous;
  const counted = /^(?:(?:FIRST|ANY)\s+)?(\d+)\s*\((.*)\)$/is.exec(text);
  return { count: counted === null ? 1 : Number(counted[1]), names: splitNames(counted?.[2] ?? text) };
}

function splitNames(list: string): readonly string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|([^\s,]+)/g)].map(
    (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
  );
}

/** Whether `nodeName` is listed; PostgreSQL compares application names without regard to case. */
export function isListed(nodeName: string, { names }: SynchronousStandbys): boolean {
  return names.some((name) => name === '*' || name.toLowerCase() === nodeName.toLowerCase());
}
