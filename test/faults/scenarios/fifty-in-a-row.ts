import { readdirSync, readlinkSync } from 'node:fs';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

const rounds = 50;
/** By then every connection and file that stays is open. */
const roundsOfWarmingUp = 6;
/** Connections come and go while one counts. */
const tolerance = { descriptors: 8, sessions: 4, processes: 3 };

const faults: readonly ((node: ClusterNode) => Promise<void> | void)[] = [
  (node) => node.postgres.stop('fast'),
  (node) => node.postgres.killPostmaster(),
  (node) => node.postgres.stop('fast'),
  (node) => node.postgres.stop('fast'),
  async (node) => {
    await node.killHost();
  },
];

export const fiftyInARow: FaultScenario = {
  name: 'fifty-in-a-row',
  what: `${rounds} hand-overs and failovers one after the other: PostgreSQL stopped, its postmaster killed, the host killed. Nothing may leak.`,
  actor: 'the daemons, each time',
  expected: {
    outageMs: (leaseMs) => leaseMs + 10_000,
    primary: 'either',
    lostRows: 10 * rounds,
    cause: /elected/i,
  },
  play: async (stage) => {
    let before: readonly Usage[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const primary = await stage.healthy();
      if (round === roundsOfWarmingUp) before = await usageOf(stage);
      await playRound(stage, primary, round);
    }
    await stage.healthy();
    for (const leak of leaks(before, await usageOf(stage))) stage.complain(leak);
  },
};

async function playRound(stage: FaultStage, primary: ClusterNode, round: number): Promise<void> {
  const strike = faults[round % faults.length];
  await stage.strike(() => strike?.(primary));
  await stage.writing();
  await stage.mend(() => primary.startDaemon());
}

interface Usage {
  readonly node: string;
  readonly descriptors: number;
  readonly sessions: number;
  readonly processes: number;
  readonly slots: readonly string[];
}

function usageOf({ cluster }: FaultStage): Promise<Usage[]> {
  return Promise.all(
    cluster.nodes.map(async (node) => {
      const sessions = await node.postgres.query(
        "SELECT 1 FROM pg_stat_activity WHERE usename = 'repmgr' AND backend_type = 'client backend'",
      );
      const slots = await node.postgres.query<{ slot: string }>(
        'SELECT slot_name AS slot FROM pg_replication_slots WHERE NOT active',
      );
      return {
        node: node.name,
        descriptors: readdirSync(`/proc/${node.daemonPid}/fd`).length,
        sessions: sessions.length,
        processes: programsOf(node),
        slots: slots.map(({ slot }) => slot),
      };
    }),
  );
}

/** Not PostgreSQL's own, which come and go with sessions. */
function programsOf(node: ClusterNode): number {
  const postgres = new Set(node.postgres.processes());
  return node.machine.processes().filter((pid) => !postgres.has(pid) && exists(pid)).length;
}

function exists(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return true;
  } catch {
    // It has ended since it was listed.
    return false;
  }
}

function leaks(before: readonly Usage[], after: readonly Usage[]): string[] {
  return after.flatMap((now, index) => {
    const then = before[index];
    if (then === undefined) return [];
    const grown = (['descriptors', 'sessions', 'processes'] as const)
      .filter((what) => now[what] > then[what] + tolerance[what])
      .map((what) => `${now.node}: ${what} grew from ${then[what]} to ${now[what]}`);
    const slots = now.slots.map((slot) => `${now.node}: slot ${slot} is left over`);
    return [...grown, ...slots];
  });
}
