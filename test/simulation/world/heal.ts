import type { TimelineId } from '../../../src/domain/timeline.ts';
import { compareVersions } from '../../../src/domain/voting-configuration.ts';
import { startStandby } from './faults.ts';
import { requestPause } from './operators.ts';
import { usualSlowProbability } from './simulated-network.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** Ends every fault and brings every daemon and every standby back. */
export function healEverything(world: World): void {
  world.note('everything healed');
  world.isHealed = true;
  world.network.heal();
  world.network.lossProbability = 0;
  world.network.slowProbability = usualSlowProbability;
  world.conditions = { ...world.conditions, promoteFailure: 0, promoteHang: 0, restartFailure: 0.1 };
  for (const node of world.nodes) {
    node.trap = null;
    node.server.hang = 'none';
    node.start();
    startStandby(node);
  }
}

/** From the healing on: service managers restart standbys, the operator lifts a pause. */
export function tendRegularly(world: World): void {
  world.clock.after(1_000, () => {
    for (const node of world.nodes) {
      startStandby(node);
      node.start();
    }
    liftPause(world);
    for (const node of world.nodes) {
      // Unregistered while it was down, and elected before the others heard of it.
      if (node.server.isWritable && !world.isMember(node.nodeId)) world.register(node.nodeId);
    }
    tendRegularly(world);
  });
}

/** While paused nothing is opened by itself: the operator starts the last primary by hand, then lifts the pause. */
function liftPause(world: World): void {
  const [newest] = world.nodes
    .flatMap((node) => node.durable.configuration ?? [])
    .toSorted((a, b) => compareVersions(b.version, a.version));
  // The only node so far died before its first configuration was on disk.
  if (newest === undefined) return;
  // Who knows that a pause is over may be elected by all that still remember it.
  if (!newest.paused) return;
  const primary = world.nodes.find(
    (node) => node.state?.role === 'primary' && node.state.reign !== null && node.server.isRunning,
  );
  if (primary !== undefined) {
    requestPause(world, primary, false);
    return;
  }
  if (world.nodes.some((node) => node.server.isWritable)) return;
  const latest = Math.max(...world.nodes.map((node) => node.durable.reigns.at(-1)?.term ?? 0));
  const last = world.nodes.find((node) => {
    const reign = node.durable.reigns.at(-1);
    return reign?.term === latest && reign.nodeId === node.nodeId;
  });
  // A daemon that stands still could not guard what is opened beside it (`repmgr node guard`).
  if (last === undefined || !isAtHand(last)) return;
  if (last.server.isForeign(last.nodeId)) {
    // Its promotion never came to an end.
    promoteByHand(world);
    return;
  }
  world.note(`operator: starts PostgreSQL of node ${last.nodeId} by hand`);
  last.server.stop();
  last.server.hasStandbySignal = false;
  last.server.start();
}

function isAtHand(node: SimulatedNode): boolean {
  return node.state !== null && node.state.operation === null && !node.isStalled && !node.isPaused;
}

/** Whoever has all WAL that anybody has, on a timeline that nobody has heard of. */
function promoteByHand(world: World): void {
  const standbys = world.nodes.filter(({ server }) => server.isRunning && server.recoveryState === 'standby');
  const best = standbys.find(
    (node) => isAtHand(node) && standbys.every((other) => other.server.isPrefixOf(node.server)),
  );
  if (best === undefined) return;
  const heard = world.nodes.map(({ durable }) =>
    Math.max(durable.highestTimeline, ...durable.reigns.map((reign) => reign.timeline)),
  );
  world.note(`operator: promotes PostgreSQL of node ${best.nodeId} by hand`);
  best.server.promote((Math.max(best.server.timeline, ...heard) + 1) as TimelineId, best.nodeId);
}
