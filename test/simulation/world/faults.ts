import type { Layer } from './simulated-network.ts';
import type { Boundary, SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

export interface FaultPlan {
  readonly withPartitions: boolean;
  /** Pausing, unpausing, other lease lengths, nodes that come and go. */
  readonly withOperators: boolean;
  /** Share of the faults that go to the present primary. */
  readonly primaryBias: number;
}

const boundaries: readonly Boundary[] = ['stored', 'replied', 'promoting', 'promoted'];

/**
 * One fault of a kind chosen at random; each heals by itself at the latest when the run heals everything.
 *
 * Left out: the death of daemon and guardian both while their server lives on. Nothing on the host is left then that
 * could stop it.
 */
export function injectFault(world: World, plan: FaultPlan): void {
  const primary = world.nodes.find((candidate) => candidate.server.isWritable);
  const isBiased = primary !== undefined && world.random.chance(plan.primaryBias);
  const node = isBiased ? primary : world.random.pick(world.nodes);
  const faults: (() => void)[] = [
    () => crashServer(world, node),
    () => stopServer(world, node),
    () => crashHost(world, node),
    () => crashHost(world, node),
    () => crashDaemon(world, node),
    () => crashDaemon(world, node),
    () => crashDaemonAndServer(world, node),
    () => loseMessages(world),
    () => pauseHost(world, node),
    () => stallDaemon(world, node),
    () => setTraps(world),
    () => shutDown(world, node),
    () => crashOtherDaemons(world, primary),
  ];
  if (plan.withPartitions) {
    faults.push(
      () => isolate(world, node),
      () => isolate(world, node),
      () => blockOneWay(world),
      () => split(world),
    );
  }
  if (plan.withOperators)
    faults.push(
      () => operate(world),
      () => operate(world),
    );
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

/** For maintenance or by a mistake: for longer than any lease, while the primary goes on. */
function crashOtherDaemons(world: World, primary: SimulatedNode | undefined): void {
  world.note('fault: all daemons but that of the primary killed');
  for (const node of world.nodes) {
    if (node === primary) continue;
    node.crashDaemon();
    world.clock.after(world.random.between(1_000, 20_000), () => node.start());
  }
}

/** Both killed, and the host lives: its guardian says so. */
function crashDaemonAndServer(world: World, node: SimulatedNode): void {
  world.note(`fault: daemon and PostgreSQL of node ${node.nodeId} killed`);
  node.crashDaemon();
  node.server.stop();
  world.clock.after(world.random.between(300, 9_000), () => node.start());
  startStandbyLater(world, node);
}

function crashHost(world: World, node: SimulatedNode): void {
  world.note(`fault: host of node ${node.nodeId} killed`);
  loseHost(world, node);
}

/** The host is shut down in order: at the end it says so in the name of both. */
function shutDown(world: World, node: SimulatedNode): void {
  world.note(`fault: host of node ${node.nodeId} shut down`);
  node.crashDaemon();
  world.clock.after(world.random.between(1, 800), () => {
    if (node.state !== null) return;
    node.server.wasShutDown = node.server.isRunning;
    node.server.stop();
    world.clock.after(world.random.between(1, 300), () => world.sayFarewell(node));
  });
  world.clock.after(world.random.between(1_500, 9_000), () => node.start());
  startStandbyLater(world, node);
}

/** Daemon and server are gone at once; the host is back some time later. */
export function loseHost(world: World, node: SimulatedNode): void {
  node.crashHost();
  world.clock.after(world.random.between(500, 12_000), () => {
    world.note(`host of node ${node.nodeId} is back`);
    node.start();
  });
  startStandbyLater(world, node);
}

/** The service manager of the host: a server that will start in recovery is started again. */
function startStandbyLater(world: World, node: SimulatedNode): void {
  world.clock.after(world.random.between(1_000, 10_000), () => startStandby(node));
}

export function startStandby(node: SimulatedNode): void {
  const { server } = node;
  const operation = node.state?.operation?.kind;
  const isBeingRebuilt = operation === 'rejoin' || operation === 'startPrimary';
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
  world.note(`fault: host of node ${node.nodeId} stands still for ${durationMs.toFixed(0)} ms`);
  node.pause(durationMs);
}

/** Its server goes on, and its guardian. */
function stallDaemon(world: World, node: SimulatedNode): void {
  const durationMs = world.random.chance(0.5)
    ? world.random.between(20, 300)
    : world.random.between(300, 12_000);
  world.note(`fault: daemon of node ${node.nodeId} stands still for ${durationMs.toFixed(0)} ms`);
  node.stall(durationMs);
}

/** The next host that comes to this point between two effects dies there. */
function setTraps(world: World): void {
  const boundary = world.random.pick(boundaries);
  // Storing and replying is what all do all the time: one host; opening a server is rare: whoever does it next.
  const isRare = boundary === 'promoting' || boundary === 'promoted';
  const nodes = isRare ? world.nodes : [world.random.pick(world.nodes)];
  world.note(`fault: trap "${boundary}" set for nodes ${nodes.map((node) => node.nodeId).join(', ')}`);
  for (const node of nodes) node.trap = boundary;
}

/** Operators who change things at the worst of times. */
function operate(world: World): void {
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

/** A cable concerns everything; a firewall may close one port and not the other. */
function pickLayers(world: World): readonly Layer[] {
  const all: readonly Layer[] = ['daemon', 'server'];
  return world.random.pick([all, all, all, ['daemon'] as const, ['server'] as const]);
}

function isolate(world: World, node: SimulatedNode): void {
  const layers = pickLayers(world);
  world.note(`fault: node ${node.nodeId} cut off (${layers.join(', ')})`);
  for (const other of world.nodes) {
    if (other === node) continue;
    world.network.block(node.nodeId, other.nodeId, layers);
    world.network.block(other.nodeId, node.nodeId, layers);
  }
  healLater(world);
}

function blockOneWay(world: World): void {
  const from = world.random.pick(world.nodes);
  const to = world.random.pick(world.nodes.filter((node) => node !== from));
  const layers = pickLayers(world);
  world.note(`fault: nothing from node ${from.nodeId} reaches node ${to.nodeId} (${layers.join(', ')})`);
  world.network.block(from.nodeId, to.nodeId, layers);
  healLater(world);
}

function split(world: World): void {
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
