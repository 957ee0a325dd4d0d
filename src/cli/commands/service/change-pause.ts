import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConnectionFailed } from '../../../domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../domain/node.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { localDaemonAddress } from '../../../operations/daemon-access.ts';
import {
  observeDaemons,
  statusesOf,
  statusTimeoutMs,
  withPeerNetwork,
} from '../../../operations/observe-daemons.ts';
import { runPlan } from '../../../operations/run-plan.ts';
import { findPrimaryDaemon, type PrimaryDaemon, requestPause } from '../../../operations/set-pause.ts';
import { waitUntil } from '../../../operations/wait-until.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { DaemonAddress } from '../../../ports/metadata-store.ts';
import type { PeerNetwork } from '../../../ports/peer-network.ts';
import type { CommandContext } from '../../command.ts';

const agreementTimeoutMs = 5_000;
const agreementLookMs = 100;

/** What `service pause` and `service unpause` have in common: all but the word. */
export async function changePause(context: CommandContext, paused: boolean): Promise<ExitName> {
  const local = await connectIfPossible(context);
  try {
    const addresses = await addressesFrom(context, local);
    const exit = await withPeerNetwork(context, local, (network) =>
      change(context, { network, addresses, paused }),
    );
    return exit !== 'SUCCESS' && local === undefined ? 'DB_CONN' : exit;
  } finally {
    await local?.close();
  }
}

/** The daemons can be paused while the local database is down, if this node knows the cluster key. */
async function connectIfPossible(context: CommandContext): Promise<Connection | undefined> {
  try {
    return await connectToLocal(context);
  } catch (error) {
    if (!(error instanceof ConnectionFailed) || context.signal.aborted) throw error;
    context.log.warning(error.message, {
      detail: error.detail,
      hint: 'only the repmgrd of this node is asked',
    });
    return undefined;
  }
}

async function addressesFrom(
  context: CommandContext,
  local: Connection | undefined,
): Promise<DaemonAddress[]> {
  if (local !== undefined) return context.adapters.metadata.daemonAddresses(local);
  const nodeId = context.settings.settings.node_id as NodeId;
  return [{ nodeId, incarnation: '', ...localDaemonAddress(context) }];
}

interface Change {
  readonly network: PeerNetwork;
  readonly addresses: readonly DaemonAddress[];
  readonly paused: boolean;
}

async function change(context: CommandContext, { network, addresses, paused }: Change): Promise<ExitName> {
  const { log, out, options, signal } = context;
  const what = paused ? 'paused' : 'unpaused';
  const primary = await awaitPrimaryDaemon(context, network, addresses);
  if (primary.kind === 'none') return fail(context, what, primary.reason);
  const about = `node "${primary.status.nodeName}" (ID: ${primary.status.nodeId})`;
  let refusal: string | undefined;
  const step = {
    title: `tell the repmgrd of ${about} that automatic failover is ${what}`,
    action: async () => {
      const reply = await requestPause(network, primary.address, { paused, signal });
      if (!reply.ok) refusal = reply.reason;
    },
  };
  await runPlan(context, [step], { dryRun: options['dry-run'] });
  if (refusal !== undefined) return fail(context, what, refusal);
  if (!options['dry-run']) log.notice(`automatic failover is ${what} in the whole cluster`);
  if (options.json) out.json({ paused, dryRun: options['dry-run'], primaryNodeId: primary.status.nodeId });
  return 'SUCCESS';
}

/** Daemons that have just started agree on the primary within a moment; who asks then need not ask twice. */
async function awaitPrimaryDaemon(
  context: CommandContext,
  network: PeerNetwork,
  addresses: readonly DaemonAddress[],
): Promise<PrimaryDaemon> {
  const { adapters, signal } = context;
  let latest: PrimaryDaemon = { kind: 'none', reason: 'no repmgrd was asked' };
  await waitUntil(
    { clock: adapters.clock, intervalMs: agreementLookMs, timeoutMs: agreementTimeoutMs, signal },
    async () => {
      const daemons = await observeDaemons(context, network, addresses);
      latest = findPrimaryDaemon(daemons);
      return latest.kind === 'found' || statusesOf(daemons).length === 0 ? latest : undefined;
    },
  );
  return latest;
}

function fail({ log, out, options }: CommandContext, what: string, reason: string): ExitName {
  log.error(`automatic failover could not be ${what}`, {
    detail: reason,
    hint: `"repmgr service status" shows which repmgrd answers; each is asked for at most ${statusTimeoutMs / 1_000} s`,
  });
  if (options.json) out.json({ error: reason });
  return 'REPMGRD_PAUSE';
}
