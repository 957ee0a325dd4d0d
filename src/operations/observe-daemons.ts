import type { DaemonStatus } from '../domain/peer-messages.ts';
import type { Connection } from '../ports/connection.ts';
import type { DaemonAddress } from '../ports/metadata-store.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import { askDaemon, type DaemonAnswer, openPeerNetwork } from './daemon-access.ts';
import type { OperationContext } from './operation-context.ts';

type ObserveContext = Pick<OperationContext, 'adapters' | 'settings' | 'signal'>;

export const statusTimeoutMs = 3_000;

export interface ObservedDaemon {
  readonly address: DaemonAddress;
  readonly answer: DaemonAnswer;
}

/** Opens signed requests for `work` and closes them afterwards. */
export async function withPeerNetwork<T>(
  context: ObserveContext,
  connection: Connection | undefined,
  work: (network: PeerNetwork) => Promise<T>,
): Promise<T> {
  const network = await openPeerNetwork(context, connection);
  try {
    return await work(network);
  } finally {
    await network.close();
  }
}

/** Asks all daemons at the same time. */
export function observeDaemons(
  { signal }: Pick<ObserveContext, 'signal'>,
  network: PeerNetwork,
  addresses: readonly DaemonAddress[],
): Promise<ObservedDaemon[]> {
  return Promise.all(
    addresses.map(async (address) => ({
      address,
      answer: await askDaemon(network, address, { timeoutMs: statusTimeoutMs, signal }),
    })),
  );
}

/** The status of those that answered and are who they should be. */
export function statusesOf(daemons: readonly ObservedDaemon[]): DaemonStatus[] {
  return daemons.flatMap(({ address, answer }) =>
    answer.kind === 'status' && answer.status.nodeId === address.nodeId ? [answer.status] : [],
  );
}
