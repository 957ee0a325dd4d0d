import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import type { NodeRecord } from '../../../domain/node.ts';
import { recordEvent } from '../../../operations/record-event.ts';
import { waitUntil } from '../../../operations/wait-until.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode } from '../../describe-local-node.ts';
import type { Registration } from './gather-registration.ts';
import { standbyEvent } from './write-registration.ts';

const compared = [
  'upstreamNodeId',
  'type',
  'priority',
  'location',
  'active',
  'nodeName',
  'conninfo',
  'slotName',
] as const satisfies readonly (keyof NodeRecord)[];

/** A month: --wait-sync without a number waits until the user has enough. */
const unlimitedMs = 30 * 24 * 3_600_000;

/** Waits until the record on this node is that on the primary. */
export async function waitForSync(context: CommandContext, registration: Registration): Promise<ExitName> {
  const { adapters, options, signal, log } = context;
  const { local, primary, self } = registration;
  if (local === undefined) return 'SUCCESS';
  const limit = options['wait-sync'];
  const timeoutMs = typeof limit === 'number' ? limit * 1_000 : unlimitedMs;
  const synchronised = await waitUntil(
    { clock: adapters.clock, intervalMs: 200, timeoutMs, signal },
    async () => {
      const [here, there] = await Promise.all([
        adapters.metadata.node(local, self.nodeId),
        adapters.metadata.node(primary.connection, self.nodeId),
      ]);
      return here !== undefined && there !== undefined && compared.every((key) => here[key] === there[key])
        ? true
        : undefined;
    },
  );
  const successful = synchronised === true;
  const details = successful
    ? 'the node record has reached the standby'
    : `the node record had not reached the standby after ${limit} seconds`;
  await recordEvent(
    context,
    { ...standbyEvent(registration, 'standby_register_sync'), successful, details },
    primary.connection,
  );
  if (successful) {
    log.info(`the record of ${describeLocalNode(context)} has reached this node`);
    return 'SUCCESS';
  }
  log.error(`the record of ${describeLocalNode(context)} has not reached this node within ${limit} seconds`, {
    hint: 'check with "repmgr node status" that this node streams from its upstream',
  });
  return 'REGISTRATION_SYNC';
}
