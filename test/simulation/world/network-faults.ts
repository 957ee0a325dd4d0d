import { type Layer, usualSlowProbability } from './simulated-network.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

export function loseMessages(world: World): void {
  world.network.lossProbability = world.random.between(0.02, 0.35);
  world.note(`fault: ${(world.network.lossProbability * 100).toFixed(0)} % of messages lost`);
  world.clock.after(world.random.between(1_000, 10_000), () => {
    world.network.lossProbability = 0;
  });
}

/** A network under load: nothing is lost, everything is late, and overtakes. */
export function slowMessages(world: World): void {
  const { network } = world;
  const before = network.slowProbability;
  network.slowProbability = world.random.between(0.1, 0.9);
  world.note(`fault: ${(network.slowProbability * 100).toFixed(0)} % of messages late`);
  world.clock.after(world.random.between(1_000, 10_000), () => {
    network.slowProbability = Math.min(before, usualSlowProbability);
  });
}

/** A cable concerns everything; a firewall may close one port and not the other. */
function pickLayers(world: World): readonly Layer[] {
  const all: readonly Layer[] = ['daemon', 'server'];
  return world.random.pick([all, all, all, ['daemon'] as const, ['server'] as const]);
}

export function isolate(world: World, node: SimulatedNode): void {
  const layers = pickLayers(world);
  world.note(`fault: node ${node.nodeId} cut off (${layers.join(', ')})`);
  for (const other of world.nodes) {
    if (other === node) continue;
    world.network.block(node.nodeId, other.nodeId, layers);
    world.network.block(other.nodeId, node.nodeId, layers);
  }
  healLater(world);
}

export function blockOneWay(world: World): void {
  const from = world.random.pick(world.nodes);
  const to = world.random.pick(world.nodes.filter((node) => node !== from));
  const layers = pickLayers(world);
  world.note(`fault: nothing from node ${from.nodeId} reaches node ${to.nodeId} (${layers.join(', ')})`);
  world.network.block(from.nodeId, to.nodeId, layers);
  healLater(world);
}

/** Both see the others, and not each other. */
export function cutPair(world: World, node: SimulatedNode): void {
  const other = world.random.pick(world.nodes.filter((candidate) => candidate !== node));
  const layers = pickLayers(world);
  world.note(
    `fault: nodes ${node.nodeId} and ${other.nodeId} cut off from each other (${layers.join(', ')})`,
  );
  world.network.block(node.nodeId, other.nodeId, layers);
  world.network.block(other.nodeId, node.nodeId, layers);
  healLater(world);
}

export function split(world: World): void {
  const left = world.nodes.filter(() => world.random.chance(0.5));
  const layers = pickLayers(world);
  const names = left.map((node) => node.nodeId).join(', ') || 'none';
  world.note(`fault: nodes ${names} split from the rest (${layers.join(', ')})`);
  for (const a of left) {
    for (const b of world.nodes) {
      if (left.includes(b)) continue;
      world.network.block(a.nodeId, b.nodeId, layers);
      world.network.block(b.nodeId, a.nodeId, layers);
    }
  }
  healLater(world);
}

function healLater(world: World): void {
  world.clock.after(world.random.between(1_000, 15_000), () => {
    world.note('network healed');
    world.network.heal();
  });
}
