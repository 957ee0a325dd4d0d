import { judgeStart, type StartVerdict } from '../../../decisions/guard/judge-start.ts';
import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError, OperationFailed, RepmgrError } from '../../../domain/errors/repmgr-error.ts';
import { gatherStartFacts } from '../../../operations/gather-start-facts.ts';
import { isHalfRewound } from '../../../operations/rewind-marker.ts';
import { within } from '../../../operations/within.ts';
import type { LocalServer } from '../../../ports/local-server.ts';
import type { CommandContext, CommandRun } from '../../command.ts';

const defaultWaitSecs = 2;
/** For files on a disk that does not answer; PostgreSQL could not start from it either. */
const filesLimitMs = 10_000;

/** `repmgr node guard`: to be run before PostgreSQL starts. Success means: go on and start it. */
export const run: CommandRun = async (context) => {
  const timeoutMs = waitLimitMs(context);
  return within(timeoutMs + filesLimitMs, guard(context, timeoutMs), filesDoNotAnswer);
};

function filesDoNotAnswer(): OperationFailed {
  return new OperationFailed('the files of this node do not answer', {
    exit: 'NO_RESTART',
    hint: 'check the file systems of data directory and state directory',
  });
}

function waitLimitMs({ options }: CommandContext): number {
  const { wait } = options;
  return (typeof wait === 'number' ? wait : defaultWaitSecs) * 1_000;
}

async function guard(context: CommandContext, timeoutMs: number): Promise<ExitName> {
  const { adapters, settings, options, out } = context;
  const startedMs = adapters.clock.monotonicMs();
  const localServer = adapters.localServer(settings.settings);
  await requireDataDirectory(context, localServer);
  const facts = await gatherStartFacts(context, { localServer, timeoutMs });
  if (facts.start !== 'runs already') await refuseHalfRewound(context, localServer);
  const verdict = judgeStart(facts);
  const dryRun = options['dry-run'];
  if (verdict.action === 'recover' && !dryRun) await forceRecovery(localServer);
  if (facts.start === 'in recovery' || verdict.action === 'recover') await clearTheWay(context, localServer);
  tell(context, verdict);
  if (options.json) {
    const durationMs = Math.round(adapters.clock.monotonicMs() - startedMs);
    out.json({ ...verdict, start: facts.start, dryRun, durationMs });
  }
  return 'SUCCESS';
}

/** Where there is none, nothing is to be started; it may stand aside in the middle of an exchange. */
async function requireDataDirectory({ settings }: CommandContext, localServer: LocalServer): Promise<void> {
  if ((await localServer.majorVersion()) !== undefined) return;
  throw new ConfigurationError(
    `"${localServer.dataDirectory}" is not the data directory of a PostgreSQL server`,
    {
      hint: `check data_directory in ${settings.configFile}; after a crash during a clone, start repmgrd or repeat the clone: either puts the directories right`,
    },
  );
}

async function refuseHalfRewound(context: CommandContext, { dataDirectory }: LocalServer): Promise<void> {
  if (!(await isHalfRewound(context))) return;
  throw new OperationFailed(
    `pg_rewind stopped half-way in "${dataDirectory}", so its data are inconsistent`,
    {
      exit: 'REJOIN_FAIL',
      hint: 'let repmgrd or "repmgr node rejoin" finish it, or replace it with "repmgr standby clone --force"',
    },
  );
}

/** @throws OperationFailed (NO_RESTART): then PostgreSQL must not start, as it would open for writing. */
async function forceRecovery(localServer: LocalServer): Promise<void> {
  try {
    await localServer.writeStandbySignal();
  } catch (error) {
    throw new OperationFailed(
      `standby.signal can not be written to "${localServer.dataDirectory}", and without it PostgreSQL would accept writes`,
      {
        exit: 'NO_RESTART',
        detail: error instanceof Error ? error.message : String(error),
        hint: 'make room or correct the permissions, then start PostgreSQL again',
        cause: error,
      },
    );
  }
}

/** Timelines that a promotion reserved and did not take would keep a server in recovery from starting. */
async function clearTheWay({ log, options }: CommandContext, localServer: LocalServer): Promise<void> {
  if (options['dry-run'] || (await localServer.processState()).kind === 'running') return;
  try {
    await localServer.releaseTimelines();
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    log.warning('timelines reserved by a promotion that failed could not be released', {
      detail: error.message,
      hint: 'if PostgreSQL does not start, let repmgrd start it',
    });
  }
}

function tell({ log, options }: CommandContext, { action, reason }: StartVerdict): void {
  if (action === 'start') {
    log.info(`PostgreSQL may start as it is: ${reason}`);
    return;
  }
  const would = options['dry-run'] ? 'would write standby.signal' : 'standby.signal was written';
  log.notice(`PostgreSQL is to start in recovery (${would}): ${reason}`, {
    hint: 'repmgrd opens it once a majority has elected it; see "repmgr cluster show"',
  });
}
