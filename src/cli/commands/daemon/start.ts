import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError, OperationFailed } from '../../../domain/errors/repmgr-error.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { withPeerNetwork } from '../../../operations/observe-daemons.ts';
import { runPlan } from '../../../operations/run-plan.ts';
import { waitUntil } from '../../../operations/wait-until.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { PeerNetwork } from '../../../ports/peer-network.ts';
import type { CommandContext } from '../../command.ts';
import { askLocalDaemon, waitLimitMs } from './local-daemon.ts';
import { runDaemonCommand } from './run-daemon-command.ts';

const parameter = 'repmgrd_service_start_command';

/** `repmgr daemon start` */
export async function run(context: CommandContext): Promise<ExitName> {
  const command = context.settings.settings[parameter];
  if (command === '') {
    throw new ConfigurationError(`"${parameter}" is not set`, {
      hint: `set it in repmgr.conf, for example to "sudo systemctl start repmgrd"`,
    });
  }
  return withConnection(
    () => connectToLocal(context),
    (local) => withPeerNetwork(context, local, (network) => start(context, network, command)),
  );
}

async function start(context: CommandContext, network: PeerNetwork, command: string): Promise<ExitName> {
  const { options, out, log } = context;
  const running = await askLocalDaemon(context, network);
  if (running !== undefined) {
    throw new OperationFailed(`repmgrd is already running (PID: ${running.pid})`, {
      exit: 'REPMGRD_SERVICE',
      hint: 'stop it first with "repmgr daemon stop" if it is to be restarted',
    });
  }
  const dryRun = options['dry-run'];
  let pid: number | undefined;
  const step = {
    title: `run "${command}"`,
    action: async () => {
      pid = await launch(context, network, command);
    },
  };
  await runPlan(context, [step], { dryRun });
  if (!dryRun)
    log.notice(
      pid === undefined ? 'repmgrd has been told to start' : `repmgrd has been started (PID: ${pid})`,
    );
  if (options.json) out.json({ started: !dryRun, pid: pid ?? null, dryRun });
  return 'SUCCESS';
}

/** The pid of the daemon once it answers; undefined when that is not waited for. */
async function launch(
  context: CommandContext,
  network: PeerNetwork,
  command: string,
): Promise<number | undefined> {
  await runDaemonCommand(context, parameter, command);
  const timeoutMs = waitLimitMs(context);
  if (timeoutMs === 0) return undefined;
  const { clock } = context.adapters;
  const status = await waitUntil({ clock, intervalMs: 250, timeoutMs, signal: context.signal }, () =>
    askLocalDaemon(context, network),
  );
  if (status !== undefined) return status.pid;
  throw new OperationFailed(`repmgrd does not answer ${timeoutMs / 1_000} s after its start`, {
    exit: 'REPMGRD_SERVICE',
    hint: 'look into the log of repmgrd',
  });
}
