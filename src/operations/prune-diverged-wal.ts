import type { OperationContext } from './operation-context.ts';

const timestampPattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Removes kept WAL that is older than `diverged_retention`; only folders named by a timestamp are touched. */
export async function pruneDivergedWal(
  { adapters, settings, log }: Pick<OperationContext, 'adapters' | 'settings' | 'log'>,
  root: string,
): Promise<void> {
  const oldestMs = adapters.clock.wallTime().getTime() - settings.settings.diverged_retention;
  for (const name of (await adapters.files.list(root)) ?? []) {
    const keptAtMs = timeOf(name);
    if (keptAtMs === undefined || keptAtMs >= oldestMs) continue;
    await adapters.files.removeTree(`${root}/${name}`);
    log.info(`removed "${root}/${name}": diverged_retention is over`);
  }
}

function timeOf(name: string): number | undefined {
  const match = timestampPattern.exec(name);
  if (match === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
