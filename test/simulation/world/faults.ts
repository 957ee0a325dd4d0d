import { crashInLoop } from './daemon-faults.ts';
import { blockOneWay, cutPair, isolate, loseMessages, slowMessages, split } from './network-faults.ts';
import { changeLease, pause, registerNodes, unpause, unregisterNodes } from './operators.ts';
import {
  growWithoutOne,
  leaveWalOnly,
  pauseAndCut,
  pauseWhileCut,
  restartBetween,
  shortenLeaseAndCut,
} from './plots.ts';
import type { Boundary, SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

type Fault = (world: World, node: SimulatedNode, primary: SimulatedNode | undefined) => void;

/**
 * Left out: the death of daemon and guardian both while their server lives on. Nothing on the host is left then that
 * could stop it.
 */
const faults = {
  crashServer,
  stopServer,
  crashHost,
  crashDaemon,
  crashDaemonAndServer,
  crashInLoop,
  crashOtherDaemons,
  shutDown,
  pauseHost,
  stallDaemon,
  setTraps,
  loseMessages,
  slowMessages,
  isolate,
  blockOneWay,
  cutPair,
  split,
  pause,
  unpause,
  changeLease,
  registerNodes,
  unregisterNodes,
  growWithoutOne,
  leaveWalOnly,
  pauseAndCut,
  pauseWhileCut,
  shortenLeaseAndCut,
  restartBetween,
} satisfies Record<string, Fault>;

export type FaultKind = keyof typeof faults;

/** Each as often as it is likely to be chosen. */
export const hostFaults: readonly FaultKind[] = [
  'crashServer',
  'stopServer',
  'crashHost',
  'crashHost',
  'crashDaemon',
  'crashDaemon',
  'crashDaemonAndServer',
  'crashInLoop',
  'crashOtherDaemons',
  'shutDown',
  'pauseHost',
  'stallDaemon',
  'setTraps',
  'loseMessages',
  'slowMessages',
];

export const partitions: readonly FaultKind[] = [
  'isolate',
  'isolate',
  'blockOneWay',
  'cutPair',
  'split',
  'leaveWalOnly',
  'pauseAndCut',
  'restartBetween',
];

/** Pausing, unpausing, other lease lengths, nodes that come and go. */
export const operations: readonly FaultKind[] = [
  'pause',
  'unpause',
  'changeLease',
  'registerNodes',
  'unregisterNodes',
  'growWithoutOne',
  'pauseWhileCut',
  'shortenLeaseAndCut',
];

export interface FaultPlan {
  /** What may be chosen; one that stands there twice is twice as likely. */
  readonly kinds: readonly FaultKind[];
  /** Share of the faults that go to the present primary. */
  readonly primaryBias: number;
}

const boundaries: readonly Boundary[] = ['stored', 'replied', 'promoting', 'promoted'];

/** One fault of a kind chosen at random; each heals by itself at the latest when the run heals everything. */
export function injectFault(world: World, plan: FaultPlan): void {
  const primary = world.nodes.find((candidate) => candidate.server.isWritable);
  const isBiased = primary !== undefined && world.random.chance(plan.primaryBias);
  const node = isBiased ? primary : world.random.pick(world.nodes);
  const kind = world.random.pick(plan.kinds);
  faults[kind](world, node, primary);
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
function crashOtherDaemons(world: World, _: SimulatedNode, primary: SimulatedNode | undefined): void {
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
