import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

/** A moment in what a daemon does, seen from outside. */
interface Step {
  readonly name: string;
  readonly isReached: (node: ClusterNode, logBytes: number) => Promise<boolean> | boolean;
}

function hasLogged(pattern: RegExp): Step['isReached'] {
  return (node, logBytes) => pattern.test(readFileSync(node.daemonLog).subarray(logBytes).toString('utf8'));
}

const stepsOfPromotion: readonly Step[] = [
  { name: 'it asks the voters', isReached: hasLogged(/asking all voters|no election|stands/) },
  { name: 'it has voted', isReached: hasLogged(/voted for|elected in term/) },
  { name: 'it is elected', isReached: hasLogged(/elected in term/) },
  { name: 'its server leaves recovery', isReached: async (node) => !(await node.postgres.isInRecovery()) },
  { name: 'the metadata name it', isReached: isRecordedAsPrimary },
];

const stepsOfRejoin: readonly Step[] = [
  { name: 'it is ready', isReached: hasLogged(/is ready/) },
  { name: 'it has chosen how', isReached: hasLogged(/rejoining .* by (stream|rewind|reclone)/) },
  { name: 'pg_rewind runs', isReached: (node) => runs(node, 'pg_rewind') || node.postgres.isRunning() },
  { name: 'standby.signal is there', isReached: hasStandbySignal },
  { name: 'its server runs', isReached: (node) => node.postgres.isRunning() },
  { name: 'its server answers', isReached: (node) => node.postgres.isInRecovery() },
];

export const daemonKilledInPromotion: FaultScenario = {
  name: 'daemon-killed-in-promotion',
  what: `The primary's host is killed; the daemon that is about to take over is killed too, ${stepsOfPromotion.length} times, each time one step later (${namesOf(stepsOfPromotion)}). A service manager starts it again.`,
  actor: 'the same daemon after its start, or another',
  expected: {
    outageMs: (leaseMs) => 3 * leaseMs + 12_000,
    primary: 'either',
    lostRows: 10 * stepsOfPromotion.length,
    cause: /elected|lease|silent/i,
  },
  play: async (stage) => {
    for (const step of stepsOfPromotion) await killInPromotion(stage, step);
  },
};

async function killInPromotion(stage: FaultStage, step: Step): Promise<void> {
  const old = await stage.healthy();
  const others = stage.cluster.nodes.filter((node) => node !== old);
  const bytes = new Map(others.map((node) => [node, node.daemonLogBytes()]));
  await stage.strike(() => old.killHost());
  const reached = await Promise.any(
    others.map(async (node) => {
      const isReached = () => step.isReached(node, bytes.get(node) ?? 0);
      await stage.when(`${node.name}: ${step.name}`, isReached);
      return node;
    }),
  );
  await killAndStart(reached);
  await stage.newPrimary(old);
  await stage.mend(() => old.restartHost());
}

export const daemonKilledInRejoin: FaultScenario = {
  name: 'daemon-killed-in-rejoin',
  what: `The primary diverges on its own side of a partition; while it comes back its daemon is killed, ${stepsOfRejoin.length} times, each time one step later (${namesOf(stepsOfRejoin)}). A service manager starts it again.`,
  actor: 'the same daemon after its start',
  expected: {
    outageMs: (leaseMs) => 2 * leaseMs + 8_000,
    primary: 'either',
    lostRows: 400 * stepsOfRejoin.length,
    cause: /rejoining/i,
  },
  play: async (stage) => {
    for (const step of stepsOfRejoin) await killInRejoin(stage, step);
  },
};

async function killInRejoin(stage: FaultStage, step: Step): Promise<void> {
  const old = await stage.healthy();
  await stage.strike(() => stage.network.isolate(old.id - 1, { clients: false }));
  await stage.newPrimary(old);
  await old.killHost();
  const bytes = old.daemonLogBytes();
  stage.network.heal();
  await old.restartHost();
  await stage.when(`${old.name}: ${step.name}`, () => step.isReached(old, bytes));
  await stage.mend(() => killAndStart(old));
}

async function killAndStart(node: ClusterNode): Promise<void> {
  await node.killDaemon();
  node.startDaemon();
}

async function isRecordedAsPrimary({ id, postgres }: ClusterNode): Promise<boolean> {
  if (await postgres.isInRecovery()) return false;
  const sql = "SELECT 1 FROM repmgr.nodes WHERE node_id = $1 AND type = 'primary'";
  return (await postgres.query(sql, [id], { database: 'repmgr' })).length === 1;
}

function hasStandbySignal({ postgres }: ClusterNode): boolean {
  return existsSync(join(postgres.dataDirectory, 'standby.signal'));
}

function runs(node: ClusterNode, program: string): boolean {
  return node.machine.processes().some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program;
    } catch {
      // It has ended since it was listed.
      return false;
    }
  });
}

function namesOf(steps: readonly Step[]): string {
  return steps.map(({ name }) => name).join(', ');
}
