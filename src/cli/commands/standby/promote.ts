import { oldestServerVersionNum, versionText } from '../../../decisions/clone/source-checks.ts';
import {
  type PromotionFacts,
  type PromotionMethod,
  promotionObstacles,
} from '../../../decisions/promote/promotion-checks.ts';
import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError, OperationFailed } from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord } from '../../../domain/node.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { letSiblingsFollow } from '../../../operations/follow-siblings.ts';
import type { PromoteContent } from '../../../operations/journal/entry.ts';
import { openEntry, readEntries, reopen } from '../../../operations/journal/operation-journal.ts';
import { promoteStandby, promotionMethod } from '../../../operations/promote-standby.ts';
import { recordEvent } from '../../../operations/record-event.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import { applyOptionsToSettings } from '../../apply-options-to-settings.ts';
import type { CommandContext, CommandRun } from '../../command.ts';
import { gatherPromotionFacts } from './gather-promotion-facts.ts';

/** `repmgr standby promote`: makes the local standby the primary. */
export const run: CommandRun = (given) => {
  const context = { ...given, settings: applyOptionsToSettings(given.settings, given.options) };
  return withConnection(
    () => connectToLocal(context),
    (connection) => promote(context, connection),
  );
};

async function promote(context: CommandContext, connection: Connection): Promise<ExitName> {
  const { log, options } = context;
  if (await resumePromotion(context, connection)) return 'SUCCESS';
  await requireStandby(context, connection);
  const own = await readOwnRecord(context, connection);
  const facts = await gatherPromotionFacts(context, connection, own);
  const hasObstacle = judge(context, facts);
  const localServer = context.adapters.localServer(context.settings.settings);
  const method = await promotionMethod(context, { connection, localServer });
  if (options['dry-run']) {
    log.info(
      `would promote ${describeNode(own)} with ${methodText(method, localServer.describe('promote'))}`,
    );
    return hasObstacle ? 'BAD_CONFIG' : 'SUCCESS';
  }
  log.notice(`promoting ${describeNode(own)}`);
  const journal = await openEntry<PromoteContent>(context, { operation: 'promote', stage: 'promoting' });
  try {
    const { durationMs } = await promoteStandby(context, { connection, localServer, method });
    log.notice(`${describeNode(own)} is out of recovery after ${Math.round(durationMs)} ms`);
    await recordPromotion(context, connection, own);
    await followers(context, { own, facts });
  } finally {
    // What failed has been told: only one that was killed is resumed.
    await journal.close();
  }
  return 'SUCCESS';
}

/**
 * For a server that is out of recovery already: the promotion may be this command's own, killed before its end. Then
 * what comes after it is done now; it is fine to be done twice.
 */
async function resumePromotion(context: CommandContext, connection: Connection): Promise<boolean> {
  const { abandoned } = await readEntries(context);
  const entries = abandoned.filter(({ operation }) => operation === 'promote');
  if (entries.length === 0 || context.options['dry-run']) return false;
  const wasPromoted = (await context.adapters.inspector.recoveryState(connection)) === 'primary';
  if (wasPromoted) {
    const own = await readOwnRecord(context, connection);
    context.log.notice(`the promotion of ${describeNode(own)} was interrupted: finishing it`);
    if (own.type !== 'primary' || !own.active) await recordPromotion(context, connection, own);
    await followers(context, { own, facts: await gatherPromotionFacts(context, connection, own) });
  }
  for (const entry of entries) await reopen(context, entry).close();
  return wasPromoted;
}

async function requireStandby({ adapters, settings }: CommandContext, connection: Connection): Promise<void> {
  const nodeName = settings.settings.node_name;
  if (connection.serverVersionNum < oldestServerVersionNum) {
    throw new ConfigurationError(
      `node "${nodeName}" runs PostgreSQL ${versionText(connection.serverVersionNum)}; at least 12 is needed`,
      { hint: 'upgrade PostgreSQL' },
    );
  }
  if ((await adapters.inspector.recoveryState(connection)) === 'standby') return;
  throw new OperationFailed(`node "${nodeName}" is not a standby: it is out of recovery already`, {
    exit: 'PROMOTION_FAIL',
    hint: '"repmgr cluster show" shows the role of every node',
  });
}

async function readOwnRecord(
  { adapters, settings }: CommandContext,
  connection: Connection,
): Promise<NodeRecord> {
  const own = await adapters.metadata.node(connection, settings.settings.node_id as NodeId);
  if (own !== undefined) return own;
  throw new OperationFailed(`this node (ID: ${settings.settings.node_id}) is not registered`, {
    exit: 'DB_QUERY',
    hint: 'run "repmgr standby register" on this node',
  });
}

/** True when there are obstacles that a dry run only reports. @throws OperationFailed for all others. */
function judge({ log, options }: CommandContext, facts: PromotionFacts): boolean {
  const obstacles = promotionObstacles(facts);
  const forced = obstacles.filter(({ canBeForced }) => canBeForced && options.force);
  for (const { message } of forced) log.warning(message);
  const left = obstacles.filter((obstacle) => !forced.includes(obstacle));
  const decisive = left.find(({ canBeForced }) => !canBeForced || !options['dry-run']);
  for (const obstacle of left) {
    if (obstacle !== decisive) log.error(obstacle.message, { hint: obstacle.hint });
  }
  if (decisive === undefined) return left.length > 0;
  throw new OperationFailed(`this node can not be promoted: ${decisive.message}`, {
    exit: decisive.exit,
    hint: decisive.hint,
  });
}

function methodText(method: PromotionMethod, command: string): string {
  return method === 'pg_promote' ? 'pg_promote()' : `"${command}"`;
}

async function recordPromotion(
  context: CommandContext,
  connection: Connection,
  own: NodeRecord,
): Promise<void> {
  const event = { nodeId: own.nodeId, event: 'standby_promote' } as const;
  try {
    await context.adapters.metadata.recordPromotion(connection, own.nodeId);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const details = `${describeNode(own)} was promoted, but its record could not be updated: ${reason}`;
    await recordEvent(context, { ...event, successful: false, details });
    throw new OperationFailed(details, {
      exit: 'DB_QUERY',
      hint: 'the server is the primary now; run "repmgr primary register --force" on it',
      cause: error,
    });
  }
  const details = `${describeNode(own)} was promoted to primary`;
  await recordEvent(context, { ...event, successful: true, details }, connection);
  context.log.notice(`${describeNode(own)} is the primary now`);
}

async function followers(
  context: CommandContext,
  { own, facts }: { readonly own: NodeRecord; readonly facts: PromotionFacts },
): Promise<void> {
  const siblings = facts.followers.filter(({ isReachable }) => isReachable).map(({ node }) => node);
  if (siblings.length === 0) return;
  const { options, log } = context;
  const failures = await letSiblingsFollow(context, {
    siblings,
    newPrimary: own,
    options: { remoteUser: options['remote-user'], logLevel: options['log-level'] },
  });
  if (failures === 0) log.info(`all ${siblings.length} sibling(s) follow the new primary`);
}
