import { crashInLoop } from './daemon-faults.ts';
import { requestPause, setLease } from './operators.ts';
import { type Layer, usualSlowProbability } from './simulated-network.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** Faults that follow each other as chance would seldom have it, at the edge of what the protocol has to bear. */

/** The cluster grows while one voter’s daemon is cut off; then another voter that saw it grow is left alone with that one. */
export function growWithoutOne(world: World, _: SimulatedNode, primary: SimulatedNode | undefined): void {
  const members = world.nodes.filter((node) => node !== primary && world.isMember(node.nodeId));
  const [absent, other] = members;
  const waiting = world.nodes.filter((node) => !world.isMember(node.nodeId));
  if (primary === undefined || absent === undefined || other === undefined || waiting.length === 0) return;
  world.note(`fault: the cluster grows while node ${absent.nodeId} is cut off`);
  part(world, [absent], { layers: ['daemon'] });
  for (const node of waiting) world.register(node.nodeId);
  world.clock.after(world.random.between(2_000, 9_000), () => {
    world.network.heal();
    if (world.isHealed) return;
    part(world, [absent, other]);
    world.clock.after(world.random.between(4_000, 12_000), () => world.network.heal());
  });
}

/** No daemon hears the primary's any more; its WAL still comes, but not to all. */
export function leaveWalOnly(world: World, _: SimulatedNode, primary: SimulatedNode | undefined): void {
  if (primary === undefined) return;
  const others = world.nodes.filter((node) => node !== primary);
  const deaf = world.random.pick(others);
  world.note(`fault: of node ${primary.nodeId} only WAL is left, and none for node ${deaf.nodeId}`);
  for (const { nodeId } of others) {
    const layers = nodeId === deaf.nodeId ? (['daemon', 'server'] as const) : (['daemon'] as const);
    world.network.block(primary.nodeId, nodeId, layers);
    world.network.block(nodeId, primary.nodeId, layers);
  }
  world.clock.after(world.random.between(4_000, 12_000), () => world.network.heal());
}

/** The primary's host stands still with answers on their way to it, and wakes to find itself cut off. */
export function pauseAndCut(world: World, _: SimulatedNode, primary: SimulatedNode | undefined): void {
  if (primary === undefined) return;
  const { network, random } = world;
  world.note(
    `fault: node ${primary.nodeId} is to stand still with late answers on their way, then to be cut off`,
  );
  network.slowProbability = 0.8;
  world.clock.after(random.between(300, 1_500), () => {
    primary.pause(random.between(300, 2_500));
    world.clock.after(random.between(100, 300), () => {
      network.slowProbability = usualSlowProbability;
      if (world.isHealed) return;
      part(world, [primary]);
      world.clock.after(random.between(4_000, 12_000), () => network.heal());
    });
  });
}

/** An operator asks a primary for a pause that has just been cut off. */
export function pauseWhileCut(world: World, _: SimulatedNode, primary: SimulatedNode | undefined): void {
  if (primary === undefined) return;
  world.note(`fault: node ${primary.nodeId} cut off, and asked for a pause`);
  part(world, [primary]);
  world.clock.after(world.random.between(100, 2_500), () => requestPause(world, primary, true));
  world.clock.after(world.random.between(4_000, 12_000), () => world.network.heal());
}

/** A lease made long and short again, and the primary cut off while the long one is still promised. */
export function shortenLeaseAndCut(world: World, _: SimulatedNode, primary: SimulatedNode | undefined): void {
  if (primary === undefined) return;
  const { clock, random } = world;
  setLease(world, 6_000);
  clock.after(random.between(2_000, 5_000), () => {
    setLease(world, 2_000);
    clock.after(random.between(50, 1_200), () => {
      if (world.isHealed) return;
      world.note(`fault: node ${primary.nodeId} cut off`);
      part(world, [primary]);
      clock.after(random.between(4_000, 12_000), () => world.network.heal());
    });
  });
}

/** The only voter that hears both the primary and a node that doesn't loses its daemon again and again, and gets no WAL. */
export function restartBetween(world: World, _: SimulatedNode, primary: SimulatedNode | undefined): void {
  const [deaf, between] = world.nodes.filter((node) => node !== primary);
  if (primary === undefined || deaf === undefined || between === undefined) return;
  world.note(`fault: node ${deaf.nodeId} hears no more of node ${primary.nodeId}`);
  part(world, [primary], { isSpared: (node) => node === between });
  for (const [a, b] of [[primary, between] as const, [between, primary] as const])
    world.network.block(a.nodeId, b.nodeId, ['server']);
  world.clock.after(world.random.between(1_500, 3_500), () => crashInLoop(world, between));
  world.clock.after(world.random.between(8_000, 14_000), () => world.network.heal());
}

interface Cut {
  readonly layers?: readonly Layer[];
  readonly isSpared?: (node: SimulatedNode) => boolean;
}

function part(
  world: World,
  some: readonly SimulatedNode[],
  { layers, isSpared = () => false }: Cut = {},
): void {
  for (const a of some) {
    for (const b of world.nodes) {
      if (some.includes(b) || isSpared(b)) continue;
      world.network.block(a.nodeId, b.nodeId, layers);
      world.network.block(b.nodeId, a.nodeId, layers);
    }
  }
}
