import { describe, expect, it } from 'vitest';
import { protocolStatus } from '../../src/decisions/failover/status.ts';
import type { ClusterSnapshot } from '../../src/decisions/outlook/cluster-snapshot.ts';
import { predictCrash, predictLoss } from '../../src/decisions/outlook/predict-loss.ts';
import type { NodeId } from '../../src/domain/node.ts';
import type { DaemonStatus } from '../../src/domain/peer-messages.ts';
import { Random } from './world/random.ts';
import type { SimulatedNode } from './world/simulated-node.ts';
import { World } from './world/world.ts';

const leaseMs = 3_000;
const lan = {
  operationMs: 100,
  slowDiskProbability: 0,
  promoteFailure: 0,
  promoteHang: 0,
  restartFailure: 0,
  clockRateError: 0,
};

/** A healthy cluster with priorities by chance, one of them at least above 0, and with nothing on its way. */
function quietCluster(random: Random, seed: number, nodes: number): World {
  const priorities = Array.from({ length: nodes }, () => random.pick([0, 50, 100, 100]));
  const world = new World({
    seed,
    nodes,
    leaseMs,
    conditions: lan,
    parameters: (nodeId) => ({ priority: nodeId === 1 ? 100 : (priorities[nodeId - 1] ?? 100) }),
  });
  world.network.slowProbability = 0;
  for (const voter of world.voters) Object.assign(voter, { location: random.pick(['a', 'a', 'b']) });
  do world.run(world.clock.nowMs + 500);
  while (!world.checkers.isHealthy() && world.clock.nowMs < 20_000);
  world.checkers.atEnd();
  world.hasTraffic = false;
  world.run(world.clock.nowMs + 500);
  return world;
}

function look(world: World): ClusterSnapshot {
  return {
    nodes: world.nodes.map(({ nodeId, state, localMs, server }) => ({
      nodeId,
      nodeName: `node${nodeId}`,
      isWitness: false,
      location: world.voters.find((voter) => voter.nodeId === nodeId)?.location ?? 'default',
      status: state === null ? null : statusOf(protocolStatus(state, localMs)),
      silence: null,
      server: server.recoveryState,
    })),
    synchronous: { count: 0, names: [] },
  };
}

function statusOf(status: ReturnType<typeof protocolStatus>): DaemonStatus {
  const process = { pid: 1, startedAt: '', version: '', upstreamLastSeenSecs: 0, explanation: '' };
  return { ...status, ...process, nodeName: `node${status.nodeId}`, leaseMs, crashAction: 'auto' };
}

const writable = (world: World): NodeId[] =>
  world.nodes.filter(({ server }) => server.isWritable).map(({ nodeId }) => nodeId);

function untilWritable(world: World, isMeant: (node: SimulatedNode) => boolean): number {
  const startMs = world.clock.nowMs;
  while (world.clock.nowMs < startMs + 3 * leaseMs) {
    world.run(world.clock.nowMs + 10);
    if (world.nodes.some((node) => isMeant(node) && node.server.isWritable))
      return world.clock.nowMs - startMs;
  }
  return Number.POSITIVE_INFINITY;
}

describe.each([2, 3, 4, 5])('in a cluster of %i', (nodes) => {
  it('what is predicted for the loss of any hosts is what the protocol does', () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new Random(seed * 1_000 + nodes);
      const world = quietCluster(random, seed, nodes);
      const down = world.nodes.map(({ nodeId }) => nodeId).filter(() => random.chance(0.4));
      const { outcome } = predictLoss(look(world), down);
      outcomes.add(outcome.kind);
      for (const nodeId of down) world.node(nodeId).crashHost();
      const note = `seed ${seed}, down ${down.join(',')}, ${JSON.stringify(outcome, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
      if (outcome.kind === 'promoted') {
        const tookMs = untilWritable(world, ({ nodeId }) => !down.includes(nodeId));
        expect(writable(world), note).toEqual([outcome.winner]);
        expect(Math.abs(tookMs - outcome.outage.totalMs), note).toBeLessThan(700);
        continue;
      }
      world.run(world.clock.nowMs + 3 * leaseMs);
      expect(writable(world), note).toEqual(outcome.kind === 'primaryStays' ? [outcome.primary] : []);
    }
    expect(outcomes.size).toBeGreaterThan(1);
  });

  it('what is predicted for a crash of PostgreSQL is what the protocol does', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const world = quietCluster(new Random(seed * 1_000 + nodes), seed, nodes);
      const prediction = predictCrash(look(world));
      const winners = prediction?.winners.length === 0 ? [1 as NodeId] : (prediction?.winners ?? []);
      world.node(1).crashServer();
      const tookMs = untilWritable(world, ({ nodeId }) => winners.includes(nodeId));
      expect(tookMs, `seed ${seed}, ${JSON.stringify(prediction)}`).toBeLessThan(
        (prediction?.outageMs ?? 0) + 500,
      );
    }
  });
});
