import type { OperationContext } from './operation-context.ts';

const timestampPattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Removes kept WAL that is older than `diverged_retention`, and what was begun to be kept and interrupted: the
 * summary is written last, and nothing is undone before. Only folders named by a timestamp are touched.
 */
export async function pruneDivergedWal(
  { adapters, settings, log }: Pick<OperationContext, 'adapters' | 'settings' | 'log'>,
  root: string,
): Promise<void> {
  const oldestMs = adapters.clock.wallTime().getTime() - settings.settings.diverged_retention;
  for (const name of (await adapters.files.list(root)) ?? []) {
    const keptAtMs = timeOf(name);
    if (keptAtMs === undefined) continue;
    const isComplete = await adapters.files.exists(`${root}/${name}/summary.txt`);
    if (isComplete && keptAtMs >= oldestMs) continue;
    await adapters.files.removeTree(`${root}/${name}`);
    const reason = isComplete ? 'diverged_retention is over' : 'keeping it was interrupted, and begins anew';
    log.info(`removed "${root}/${name}": ${reason}`);
  }
}

function timeOf(name: string): number | undefined {
  const match = timestampPattern.exec(name);
  if (match === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
