import type { DaemonStatus } from '../../../domain/peer-messages.ts';
import { askDaemon, localDaemonAddress } from '../../../operations/daemon-access.ts';
import { statusTimeoutMs } from '../../../operations/observe-daemons.ts';
import type { PeerNetwork } from '../../../ports/peer-network.ts';
import type { CommandContext } from '../../command.ts';

const defaultWaitSecs = 15;

/** The status of this node's repmgrd; undefined when it does not answer. */
export async function askLocalDaemon(
  context: CommandContext,
  network: PeerNetwork,
): Promise<DaemonStatus | undefined> {
  const { signal, settings, log } = context;
  const answer = await askDaemon(network, localDaemonAddress(context), {
    timeoutMs: statusTimeoutMs,
    signal,
  });
  if (answer.kind === 'silent') {
    log.debug(answer.reason);
    return undefined;
  }
  return answer.status.nodeId === settings.settings.node_id ? answer.status : undefined;
}

/** How long to wait for the daemon to come or go, from --wait and --no-wait; 0 = not at all. */
export function waitLimitMs({ options }: CommandContext): number {
  if (options['no-wait']) return 0;
  const { wait } = options;
  return (typeof wait === 'number' ? wait : defaultWaitSecs) * 1_000;
}
