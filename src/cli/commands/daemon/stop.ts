import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import {
  ConfigurationError,
  ConnectionFailed,
  OperationFailed,
} from '../../../domain/errors/repmgr-error.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { withPeerNetwork } from '../../../operations/observe-daemons.ts';
import { runPlan } from '../../../operations/run-plan.ts';
import { waitUntil } from '../../../operations/wait-until.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { askLocalDaemon, waitLimitMs } from './local-daemon.ts';
import { runDaemonCommand } from './run-daemon-command.ts';

const parameter = 'repmgrd_service_stop_command';

/** `repmgr daemon stop` */
export async function run(context: CommandContext): Promise<ExitName> {
  const command = context.settings.settings[parameter];
  if (command === '') {
    throw new ConfigurationError(`"${parameter}" is not set`, {
      hint: `set it in repmgr.conf, for example to "sudo systemctl stop repmgrd"`,
    });
  }
  const local = await connectIfPossible(context);
  try {
    return await stop(context, await findDaemon(context, local), command);
  } finally {
    await local?.close();
  }
}

async function connectIfPossible(context: CommandContext): Promise<Connection | undefined> {
  try {
    return await connectToLocal(context);
  } catch (error) {
    if (!(error instanceof ConnectionFailed) || context.signal.aborted) throw error;
    context.log.warning(error.message, { detail: error.detail });
    return undefined;
  }
}

/** @throws OperationFailed when it does not run. */
async function findDaemon(context: CommandContext, local: Connection | undefined): Promise<number> {
  const status = await withPeerNetwork(context, local, (network) => askLocalDaemon(context, network)).catch(
    notAsked,
  );
  if (status !== undefined) return status.pid;
  throw new OperationFailed('repmgrd is not running, or does not answer', {
    exit: 'REPMGRD_SERVICE',
    hint: '"repmgr service status" shows which repmgrd answers',
  });
}

/** Without database and key nobody can be asked; the process that would have to end is not known then. */
function notAsked(error: unknown): never {
  if (!(error instanceof ConnectionFailed)) throw error;
  throw new OperationFailed(error.message, {
    exit: 'REPMGRD_SERVICE',
    hint: `start the database of this node, or run the command of "${parameter}" yourself`,
    cause: error,
  });
}

async function stop(context: CommandContext, pid: number, command: string): Promise<ExitName> {
  const { options, out, log } = context;
  const dryRun = options['dry-run'];
  const steps = [
    { title: `run "${command}"`, action: () => runDaemonCommand(context, parameter, command) },
    { title: `wait until repmgrd (PID: ${pid}) is gone`, action: () => waitUntilGone(context, pid) },
  ];
  await runPlan(context, waitLimitMs(context) === 0 ? steps.slice(0, 1) : steps, { dryRun });
  if (!dryRun) log.notice('repmgrd has been stopped');
  if (options.json) out.json({ stopped: !dryRun, pid, dryRun });
  return 'SUCCESS';
}

async function waitUntilGone(context: CommandContext, pid: number): Promise<void> {
  const { clock, processes } = context.adapters;
  const timeoutMs = waitLimitMs(context);
  const gone = await waitUntil({ clock, intervalMs: 100, timeoutMs, signal: context.signal }, async () => {
    const entry = await processes.find(pid);
    return entry === undefined || entry.isZombie ? true : undefined;
  });
  if (gone === true) return;
  throw new OperationFailed(`repmgrd (PID: ${pid}) is still running after ${timeoutMs / 1_000} s`, {
    exit: 'REPMGRD_SERVICE',
    hint: 'look into the log of repmgrd',
  });
}
