import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { localDaemonAddress, openPeerNetwork } from '../../../operations/daemon-access.ts';
import { isLastDaemonDead } from '../../../operations/daemon-process.ts';
import { type Leave, takeLeave } from '../../../operations/take-leave.ts';
import type { CommandContext } from '../../command.ts';

const answerLimitMs = 1_500;

/** `repmgr node farewell`: for service units, after they have stopped. What still runs is no failure. */
export async function run(context: CommandContext): Promise<ExitName> {
  const leave = await takeLeave(context, {
    isDaemonDead: () => isDaemonDead(context),
    timeoutMs: answerLimitMs,
  });
  tell(context, leave);
  return 'SUCCESS';
}

/** Its process is gone, and nobody answers in its place: one that starts just now may not have left its word yet. */
async function isDaemonDead(context: CommandContext): Promise<boolean> {
  if (!(await isLastDaemonDead(context))) return false;
  const network = await openPeerNetwork(context, undefined);
  try {
    const options = { timeoutMs: answerLimitMs, signal: context.signal };
    const reply = await network.request(localDaemonAddress(context), 'status', {}, options);
    return reply.kind === 'failed' && reply.reason === 'refused';
  } finally {
    await network.close();
  }
}

function tell({ log, settings }: CommandContext, leave: Leave): void {
  const name = settings.settings.node_name;
  switch (leave.kind) {
    case 'alive':
      log.notice(`${leave.who} of node "${name}" is not gone: nothing is said in its name`);
      return;
    case 'nothing to end':
      log.info(`node "${name}" does not reign: nobody waits for it`);
      return;
    case 'ended':
      log.notice(
        `the reign of node "${name}" (term ${leave.term}) is over; ${leave.told.length} nodes were told`,
      );
      if (leave.silent.length === 0) return;
      log.warning(`not told: nodes ${leave.silent.join(', ')}`, {
        hint: 'they wait for the end of the lease; a majority that was told need not',
      });
      return;
    default:
      leave satisfies never;
  }
}
