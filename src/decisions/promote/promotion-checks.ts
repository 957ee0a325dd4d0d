import type { ExitName } from '../../domain/errors/exit-codes.ts';
import type { Lsn } from '../../domain/lsn.ts';
import { describeNode, type NodeRecord } from '../../domain/node.ts';

/** What was observed of the standby that is to be promoted, and of its cluster. */
export interface PromotionFacts {
  readonly serverVersionNum: number;
  readonly replay: {
    readonly isPaused: boolean;
    readonly isStreaming: boolean;
    readonly receivedLsn: Lsn | null;
    readonly replayedLsn: Lsn | null;
  };
  /** A registered node that was found out of recovery; null when there is none. */
  readonly livePrimary: NodeRecord | null;
  readonly walSenders: { readonly limit: number; readonly inUse: number };
  readonly slots: { readonly limit: number; readonly active: number };
  /** Siblings that shall follow afterwards; empty unless asked for. */
  readonly followers: readonly Follower[];
}

export interface Follower {
  readonly node: NodeRecord;
  readonly isReachable: boolean;
}

export interface PromotionObstacle {
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitName;
  /** Whether `-F/--force` turns it into a warning. */
  readonly canBeForced: boolean;
}

/** Everything that speaks against promoting, not only the first. */
export function promotionObstacles(facts: PromotionFacts): readonly PromotionObstacle[] {
  return [
    livePrimary(facts),
    pausedReplay(facts),
    unreachableFollowers(facts),
    missingWalSenders(facts),
    missingSlots(facts),
  ].filter((obstacle) => obstacle !== undefined);
}

function livePrimary({ livePrimary: primary }: PromotionFacts): PromotionObstacle | undefined {
  if (primary === null) return undefined;
  return {
    message: `${describeNode(primary)} is up and is the primary of this cluster`,
    hint: 'to exchange the roles stop that node first, and let it come back with "repmgr node rejoin"',
    exit: 'PROMOTION_FAIL',
    canBeForced: false,
  };
}

/** From PostgreSQL 13 on a promotion ends the pause by itself (manual 9.27.4). */
function pausedReplay({ serverVersionNum, replay }: PromotionFacts): PromotionObstacle | undefined {
  if (serverVersionNum >= 130000 || !replay.isPaused) return undefined;
  const hasAllReplayed =
    replay.receivedLsn !== null && replay.replayedLsn !== null && replay.replayedLsn >= replay.receivedLsn;
  if (replay.isStreaming && hasAllReplayed) return undefined;
  return {
    message: 'WAL replay is paused on this node, and WAL may be waiting to be replayed',
    hint: 'resume it with "SELECT pg_wal_replay_resume()"',
    exit: 'PROMOTION_FAIL',
    canBeForced: false,
  };
}

function unreachableFollowers({ followers }: PromotionFacts): PromotionObstacle | undefined {
  const unreachable = followers.filter((follower) => !follower.isReachable);
  if (unreachable.length === 0) return undefined;
  const names = unreachable.map((follower) => describeNode(follower.node)).join(', ');
  return {
    message: `not reachable over SSH: ${names}`,
    hint: 'check passwordless SSH to these nodes, or use --force to promote without them',
    exit: 'BAD_CONFIG',
    canBeForced: true,
  };
}

function missingWalSenders({ followers, walSenders }: PromotionFacts): PromotionObstacle | undefined {
  const needed = reachable(followers).length;
  const free = walSenders.limit - walSenders.inUse;
  if (free >= needed) return undefined;
  return {
    message: `${needed} free WAL senders are needed for the siblings, but ${Math.max(free, 0)} of ${walSenders.limit} are free`,
    hint: 'increase max_wal_senders, or use --force',
    exit: 'BAD_CONFIG',
    canBeForced: true,
  };
}

function missingSlots({ followers, slots }: PromotionFacts): PromotionObstacle | undefined {
  const needed = reachable(followers).filter((follower) => follower.node.slotName !== null).length;
  const free = slots.limit - slots.active;
  if (free >= needed) return undefined;
  return {
    message: `${needed} free replication slots are needed for the siblings, but ${Math.max(free, 0)} of ${slots.limit} are free`,
    hint: 'increase max_replication_slots, or use --force',
    exit: 'BAD_CONFIG',
    canBeForced: true,
  };
}

function reachable(followers: readonly Follower[]): readonly Follower[] {
  return followers.filter((follower) => follower.isReachable && follower.node.type !== 'witness');
}

/** How the server is told to become primary. */
export type PromotionMethod = 'pg_promote' | 'serviceCommand' | 'pg_ctl';

export function choosePromotionMethod(facts: {
  readonly hasServiceCommand: boolean;
  readonly mayPromote: boolean;
}): PromotionMethod {
  if (facts.hasServiceCommand) return 'serviceCommand';
  return facts.mayPromote ? 'pg_promote' : 'pg_ctl';
}
