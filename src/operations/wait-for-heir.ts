import type { NodeId } from '../domain/node.ts';
import type { DaemonStatus } from '../domain/peer-messages.ts';
import type { DaemonAddress } from '../ports/metadata-store.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import { askDaemon } from './daemon-access.ts';
import type { OperationContext } from './operation-context.ts';
import { waitUntil } from './wait-until.ts';

export interface HeirInquiry {
  readonly network: PeerNetwork;
  /** Of all daemons, this node's among them. */
  readonly addresses: readonly DaemonAddress[];
  /** The term that ends. */
  readonly term: number;
  readonly timeoutMs: number;
  /** Whether the local server, which was stopped, runs again. */
  readonly runsAgain: () => Promise<boolean>;
}

export type HeirOutcome =
  | { readonly kind: 'writable'; readonly heir: DaemonStatus; readonly explanation: string }
  /** This node itself goes on: nobody could take over without loss. */
  | { readonly kind: 'taken back'; readonly explanation: string }
  | { readonly kind: 'nobody'; readonly explanation: string };

const intervalMs = 20;
const askLimitMs = 1_000;

/** Waits until another node is writable, or this one again; looks every 20 ms. */
export async function waitForHeir(
  { adapters, settings, signal }: Pick<OperationContext, 'adapters' | 'settings' | 'signal'>,
  { network, addresses, term, timeoutMs, runsAgain }: HeirInquiry,
): Promise<HeirOutcome> {
  const self = settings.settings.node_id as NodeId;
  let explanation = 'repmgrd of this node does not answer';
  const outcome = await waitUntil({ clock: adapters.clock, intervalMs, timeoutMs, signal }, async () => {
    const answers = await Promise.all(
      addresses.map((address) => askDaemon(network, address, { timeoutMs: askLimitMs, signal })),
    );
    const statuses = answers.flatMap((answer) => (answer.kind === 'status' ? [answer.status] : []));
    const own = statuses.find(({ nodeId }) => nodeId === self);
    explanation = own?.explanation ?? explanation;
    const heir = statuses.find((status) => status.nodeId !== self && isOpen(status) && status.term > term);
    if (heir !== undefined) return { kind: 'writable', heir, explanation } as const;
    const isTakenBack = own !== undefined && isOpen(own) && (await runsAgain());
    return isTakenBack ? ({ kind: 'taken back', explanation } as const) : undefined;
  });
  return outcome ?? { kind: 'nobody', explanation };
}

function isOpen({ role, phase }: DaemonStatus): boolean {
  return role === 'primary' && phase === 'writable';
}
