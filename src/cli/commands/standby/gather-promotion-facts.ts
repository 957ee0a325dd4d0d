import type { Follower, PromotionFacts } from '../../../decisions/promote/promotion-checks.ts';
import { describeNode, type NodeRecord } from '../../../domain/node.ts';
import { findPrimary } from '../../../operations/find-primary.ts';
import { siblingReachability, siblingsOf } from '../../../operations/follow-siblings.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';

/** Observes what a promotion of the local standby depends on; what can be asked at the same time is. */
export async function gatherPromotionFacts(
  context: CommandContext,
  connection: Connection,
  own: NodeRecord,
): Promise<PromotionFacts> {
  const { inspector, metadata } = context.adapters;
  const [positions, limits, rows, slots, nodes, livePrimary] = await Promise.all([
    inspector.walPositions(connection),
    inspector.settings(connection, ['max_wal_senders', 'max_replication_slots']),
    inspector.replicationRows(connection),
    inspector.replicationSlots(connection),
    metadata.nodes(connection),
    findLivePrimary(context, connection),
  ]);
  return {
    serverVersionNum: connection.serverVersionNum,
    replay: {
      isPaused: positions.isReplayPaused,
      isStreaming: positions.walReceiver !== null,
      receivedLsn: positions.receivedLsn,
      replayedLsn: positions.replayedLsn,
    },
    livePrimary,
    walSenders: { limit: Number(limits.get('max_wal_senders') ?? 0), inUse: rows.length },
    slots: {
      limit: Number(limits.get('max_replication_slots') ?? 0),
      active: slots.filter(({ active, slotType }) => active && slotType === 'physical').length,
    },
    followers: await gatherFollowers(context, siblingsOf(nodes, own)),
  };
}

async function findLivePrimary(context: CommandContext, connection: Connection): Promise<NodeRecord | null> {
  const found = await findPrimary(context, connection);
  await found?.connection.close();
  return found?.node ?? null;
}

async function gatherFollowers(
  context: CommandContext,
  siblings: readonly NodeRecord[],
): Promise<readonly Follower[]> {
  const { options, log } = context;
  if (options['siblings-follow']) {
    return siblingReachability(context, siblings, { remoteUser: options['remote-user'] });
  }
  if (siblings.length > 0) {
    log.warning(`${siblings.length} sibling node(s) will not follow this node by themselves`, {
      detail: siblings.map(describeNode).join(', '),
      hint: 'use --siblings-follow, or run "repmgr standby follow" on each of them, unless repmgrd does it',
    });
  }
  return [];
}
