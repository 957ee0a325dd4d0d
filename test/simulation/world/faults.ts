import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** One fault of a kind chosen at random; each heals by itself at the latest when the run heals everything. */
export function injectFault(world: World, options: { withPartitions: boolean }): void {
  // Half of all faults go where they hurt most.
  const primary = world.nodes.find((candidate) => candidate.server.isWritable);
  const node = primary !== undefined && world.random.chance(0.5) ? primary : world.random.pick(world.nodes);
  const isLeading = node.server.isWritable;
  const faults: (() => void)[] = [
    () => crashServer(world, node),
    () => stopServer(world, node),
    () => crashHost(world, node),
    () => crashHost(world, node),
    () => loseMessages(world),
    () => pauseHost(world, node),
  ];
  if (options.withPartitions) {
    faults.push(
      () => isolate(world, node),
      () => isolate(world, node),
      () => blockOneWay(world),
      () => split(world),
    );
  }
  // A daemon that dies alone leaves its primary unguarded; together with a partition that is no fault this
  // engine claims to survive without a second guard on the host.
  if (!isLeading || !(options.withPartitions || node.isPaused)) faults.push(() => crashDaemon(world, node));
  world.random.pick(faults)();
}

function crashServer(world: World, node: SimulatedNode): void {
  world.note(`fault: PostgreSQL of node ${node.nodeId} killed`);
  node.crashServer();
  startStandbyLater(world, node);
}

function stopServer(world: World, node: SimulatedNode): void {
  if (!node.server.isRunning) return;
  world.note(`fault: PostgreSQL of node ${node.nodeId} shut down`);
  node.server.wasShutDown = true;
  node.crashServer();
  startStandbyLater(world, node);
}

function crashDaemon(world: World, node: SimulatedNode): void {
  world.note(`fault: daemon of node ${node.nodeId} killed`);
  node.crashDaemon();
  world.clock.after(world.random.between(50, 9_000), () => node.start());
}

function crashHost(world: World, node: SimulatedNode): void {
  world.note(`fault: host of node ${node.nodeId} killed`);
  node.crashDaemon();
  node.server.stop();
  world.clock.after(world.random.between(500, 12_000), () => {
    world.note(`host of node ${node.nodeId} is back`);
    node.start();
  });
  startStandbyLater(world, node);
}

/** The service manager of the host: a server that will start in recovery is started again. */
export function startStandbyLater(world: World, node: SimulatedNode): void {
  world.clock.after(world.random.between(1_000, 10_000), () => startStandby(node));
}

export function startStandby(node: SimulatedNode): void {
  const { server } = node;
  const isBeingRebuilt =
    node.state?.operation?.kind === 'rejoin' || node.state?.operation?.kind === 'startPrimary';
  if (!server.isRunning && server.hasStandbySignal && !isBeingRebuilt) server.start();
}

function loseMessages(world: World): void {
  world.network.lossProbability = world.random.between(0.02, 0.35);
  world.note(`fault: ${(world.network.lossProbability * 100).toFixed(0)} % of messages lost`);
  world.clock.after(world.random.between(1_000, 10_000), () => {
    world.network.lossProbability = 0;
  });
}

function pauseHost(world: World, node: SimulatedNode): void {
  const durationMs = world.random.chance(0.5)
    ? world.random.between(20, 500)
    : world.random.between(500, 9_000);
  if (node.state === null && node.server.isWritable) return;
  world.note(`fault: host of node ${node.nodeId} stands still for ${durationMs.toFixed(0)} ms`);
  node.pause(durationMs);
}

function isolate(world: World, node: SimulatedNode): void {
  world.note(`fault: node ${node.nodeId} cut off`);
  for (const other of world.nodes) {
    if (other === node) continue;
    world.network.block(node.nodeId, other.nodeId);
    world.network.block(other.nodeId, node.nodeId);
  }
  healLater(world);
}

function blockOneWay(world: World): void {
  const from = world.random.pick(world.nodes);
  const to = world.random.pick(world.nodes.filter((node) => node !== from));
  world.note(`fault: nothing from node ${from.nodeId} reaches node ${to.nodeId}`);
  world.network.block(from.nodeId, to.nodeId);
  healLater(world);
}

function split(world: World): void {
  const left = world.nodes.filter(() => world.random.chance(0.5));
  world.note(`fault: nodes ${left.map((node) => node.nodeId).join(', ') || 'none'} split from the rest`);
  for (const a of left) {
    for (const b of world.nodes) {
      if (left.includes(b)) continue;
      world.network.block(a.nodeId, b.nodeId);
      world.network.block(b.nodeId, a.nodeId);
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

/** Ends every fault and brings every daemon and every standby back. */
export function healEverything(world: World): void {
  world.note('everything healed');
  world.network.heal();
  world.network.lossProbability = 0;
  for (const node of world.nodes) {
    node.start();
    startStandby(node);
  }
}
