import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** Operators change things at the worst of times. */
export function pause(world: World): void {
  const primary = leading(world);
  if (primary !== undefined) requestPause(world, primary, true);
}

export function unpause(world: World): void {
  const primary = leading(world);
  if (primary !== undefined) requestPause(world, primary, false);
}

/** All that wait for it at once, or the next. */
export function registerNodes(world: World): void {
  const waiting = world.nodes.filter((node) => !world.isMember(node.nodeId));
  for (const node of world.random.chance(0.5) ? waiting : waiting.slice(0, 1)) world.register(node.nodeId);
}

/** Three at least stay. */
export function unregisterNodes(world: World): void {
  const primary = leading(world);
  const times = world.random.pick([1, 1, 2]);
  for (let time = 0; time < times && world.registered.length > 3; time += 1) {
    const members = world.nodes.filter((node) => node !== primary && world.isMember(node.nodeId));
    world.unregister(world.random.pick(members).nodeId);
  }
}

function leading(world: World): SimulatedNode | undefined {
  return world.nodes.find((node) => node.state?.role === 'primary');
}

export function requestPause(world: World, primary: SimulatedNode, paused: boolean): void {
  world.note(`operator: ${paused ? 'pause' : 'unpause'} asked of node ${primary.nodeId}`);
  primary.feed({ type: 'pauseRequested', replyTo: `0.0.${world.clock.nowMs}`, paused });
}

/** The same new repmgr.conf everywhere; it counts where a primary issues it. */
export function setLease(world: World, leaseMs: number): void {
  world.note(`operator: lease of ${leaseMs} ms`);
  for (const node of world.nodes) {
    node.parameters = { ...node.parameters, leaseMs };
    node.feed({ type: 'parametersChanged', parameters: node.parameters });
  }
}

export function changeLease(world: World): void {
  setLease(world, Math.round(world.random.between(2_000, 6_000)));
}
