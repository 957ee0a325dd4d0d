import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** Operators who change things at the worst of times. */
export function operate(world: World): void {
  const { random } = world;
  const primary = world.nodes.find((node) => node.state?.role === 'primary');
  if (primary?.state === null || primary === undefined) return;
  const others = world.nodes.filter((node) => node !== primary);
  const acts: (() => void)[] = [
    () => requestPause(world, primary, true),
    () => requestPause(world, primary, false),
    () => changeLease(world),
    () => {
      const joining = others.find((node) => !world.isMember(node.nodeId));
      if (joining !== undefined) world.register(joining.nodeId);
    },
    () => {
      const leaving = random.pick(others);
      if (world.registered.length > 3 && world.isMember(leaving.nodeId)) world.unregister(leaving.nodeId);
    },
  ];
  random.pick(acts)();
}

export function requestPause(world: World, primary: SimulatedNode, paused: boolean): void {
  world.note(`operator: ${paused ? 'pause' : 'unpause'} asked of node ${primary.nodeId}`);
  primary.feed({ type: 'pauseRequested', replyTo: `0.0.${world.clock.nowMs}`, paused });
}

/** The same new repmgr.conf everywhere; it counts where a primary issues it. */
function changeLease(world: World): void {
  const leaseMs = Math.round(world.random.between(2_000, 6_000));
  world.note(`operator: lease of ${leaseMs} ms`);
  for (const node of world.nodes) {
    node.parameters = { ...node.parameters, leaseMs };
    node.feed({ type: 'parametersChanged', parameters: node.parameters });
  }
}
