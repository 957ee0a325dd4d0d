import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError } from '../../../domain/errors/repmgr-error.ts';
import { runPlan } from '../../../operations/run-plan.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode, recoveryStateOf } from '../../describe-local-node.ts';
import { findPrimaryOrFail } from '../../find-primary-or-fail.ts';
import { gatherRegistration, type PrimaryServer, type Registration } from './gather-registration.ts';
import { judgeRegistration } from './judge-registration.ts';
import { openLocalStandby } from './open-local-standby.ts';
import { waitForSync } from './wait-for-sync.ts';
import { writeRegistration } from './write-registration.ts';

/** `repmgr standby register` */
export async function run(context: CommandContext): Promise<ExitName> {
  const local = await openLocalStandby(context);
  let primary: PrimaryServer | undefined;
  try {
    if (local !== undefined) await requireStandby(context, local);
    primary = await openPrimary(context, local);
    return await register(context, await gatherRegistration(context, { local, primary }));
  } finally {
    await primary?.connection.close();
    await local?.close();
  }
}

async function requireStandby(context: CommandContext, local: Connection): Promise<void> {
  if ((await recoveryStateOf(context, local)) === 'standby') return;
  throw new ConfigurationError(`${describeLocalNode(context)} is not a standby: it is out of recovery`, {
    hint: 'use "repmgr primary register" on a primary; clone this node if it should be a standby',
  });
}

async function openPrimary(context: CommandContext, local: Connection | undefined): Promise<PrimaryServer> {
  const { adapters, connectionParameters, log, signal } = context;
  if (local !== undefined) {
    if (connectionParameters.size > 0) {
      log.warning('connection parameters have no effect while the local server runs');
    }
    const { connection, node } = await findPrimaryOrFail(context, local);
    return { connection, node };
  }
  const connection = await adapters.connections
    .connect(connectionParameters, { signal })
    .catch((error: unknown) => {
      throw new ConfigurationError('the primary cannot be reached with the given connection parameters', {
        detail: error instanceof Error ? error.message : String(error),
        hint: 'check the parameters given with -d, -h, -p and -U',
        cause: error,
      });
    });
  return { connection, node: await adapters.metadata.recordedPrimary(connection) };
}

async function register(context: CommandContext, registration: Registration): Promise<ExitName> {
  const { log, options } = context;
  const dryRun = options['dry-run'];
  const verdict = judgeRegistration(registration, { force: options.force });
  for (const { level, message, hint } of verdict.remarks) log.log({ level, message, hint });
  if (verdict.refused) return 'BAD_CONFIG';
  await runPlan(context, writeRegistration(context, registration), { dryRun });
  report(context, registration);
  if (dryRun || options['wait-sync'] === undefined || options['wait-sync'] === 0) return 'SUCCESS';
  return waitForSync(context, registration);
}

function report(context: CommandContext, { existing, upstream }: Registration): void {
  const { log, out, options, settings } = context;
  const dryRun = options['dry-run'];
  if (dryRun) log.info('all prerequisites are met');
  else log.notice(`${describeLocalNode(context)} is registered as standby`);
  if (!options.json) return;
  const { node_id: nodeId, node_name: nodeName } = settings.settings;
  const existed = existing !== undefined;
  out.json({ nodeId, nodeName, type: 'standby', upstreamNodeId: upstream.nodeId, existed, dryRun });
}
