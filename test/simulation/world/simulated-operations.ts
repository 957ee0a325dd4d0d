import type { CoreEffect, OperationResult } from '../../../src/decisions/failover/events-and-effects.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import type { TimelineId } from '../../../src/domain/timeline.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

export function promote(
  world: World,
  node: SimulatedNode,
  effect: CoreEffect & { type: 'promote' } & { readonly begunAtMs: number },
): OperationResult {
  // Once begun, only a fence ends it.
  const isLate = effect.begunAtMs >= effect.leaseUntilMs;
  const isReady =
    node.server.answers && node.server.hang === 'none' && node.server.recoveryState === 'standby';
  if (isLate || !isReady || world.random.chance(world.conditions.promoteFailure)) {
    return { kind: 'promote', promoted: null, reason: 'simulated failure' };
  }
  const forkLsn = node.server.endLsn;
  world.checkers.onPromote(node, effect.term);
  node.server.promote((effect.highestTimeline + 1) as TimelineId, node.nodeId);
  return { kind: 'promote', promoted: { timeline: node.server.timeline, forkLsn }, reason: null };
}

export function startPrimary(world: World, node: SimulatedNode): OperationResult {
  if (world.random.chance(world.conditions.restartFailure))
    return { kind: 'startPrimary', isWritable: false, reason: 'simulated failure' };
  world.checkers.onStartPrimary(node);
  node.server.hasStandbySignal = false;
  node.server.start();
  return { kind: 'startPrimary', isWritable: true, reason: null };
}

export function rejoin(world: World, node: SimulatedNode, primaryId: NodeId): OperationResult {
  const primary = world.node(primaryId);
  const isReachable =
    world.network.isConnected(node.nodeId, primaryId, 'server') &&
    primary.server.takesWrites &&
    !primary.isPaused;
  if (!isReachable) return { kind: 'rejoin', ok: false, reason: 'the primary cannot be reached' };
  node.server.stop();
  if (!node.server.isPrefixOf(primary.server)) node.server.copyOf(primary.server);
  node.server.hasStandbySignal = true;
  node.server.upstream = primaryId;
  node.server.isReceiverHeld = false;
  node.server.start();
  return { kind: 'rejoin', ok: true, reason: null };
}
