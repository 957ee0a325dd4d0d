import { SlowNameServer } from '../../../lab/slow-name-server.ts';
import type { TestCluster } from '../../../lab/test-cluster.ts';
import { OperationFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

const answersAfterMs = 2_500;
const servers = new WeakMap<TestCluster, SlowNameServer>();

export const namesSlow: FaultScenario = {
  name: 'names-slow',
  what: `Nodes know each other by name, and for four leases the name server takes ${answersAfterMs} ms for each answer.`,
  actor: 'nobody: names that were found before stay good',
  cluster: { hostNames: true },
  expected: { outageMs: () => 2_000, primary: 'stays', lostRows: 0 },
  beforeCreation: startNameServer,
  afterwards: (cluster) => serverOf(cluster).stop(),
  play: async (stage) => {
    await stage.strike(() => slowDown(stage, answersAfterMs));
    await stage.faultLasts(4 * stage.leaseMs);
    await stage.mend(() => slowDown(stage, 0));
  },
};

export const namesSlowHostKilled: FaultScenario = {
  name: 'names-slow-host-killed',
  what: `The primary's host is killed while the name server takes ${answersAfterMs} ms for each answer.`,
  actor: 'the standbys elect; the returning daemon rejoins',
  cluster: { hostNames: true },
  expected: {
    outageMs: (leaseMs) => leaseMs + 2 * answersAfterMs + 4_000,
    primary: 'moves',
    lostRows: 10,
    cause: /lease|heard nothing|silent|no heartbeat/i,
  },
  beforeCreation: startNameServer,
  afterwards: (cluster) => serverOf(cluster).stop(),
  play: async (stage) => {
    slowDown(stage, answersAfterMs);
    await stage.faultLasts(stage.leaseMs);
    await stage.strike(() => stage.primary.killHost());
    await stage.newPrimary();
    await stage.mend(() => {
      slowDown(stage, 0);
      return stage.primary.restartHost();
    });
  },
};

export const namesGoneHostKilled: FaultScenario = {
  ...namesSlowHostKilled,
  name: 'names-gone-host-killed',
  what: "The primary's host is killed while no name server answers; as if it had run there.",
  notYet: 'standbys look up the names of one another only when they first need them, which is in an election',
  play: async (stage) => {
    slowDown(stage, null);
    await stage.strike(() => stage.primary.killHost());
    await stage.newPrimary();
    await stage.mend(() => {
      slowDown(stage, 0);
      return stage.primary.restartHost();
    });
  },
};

async function startNameServer(cluster: TestCluster): Promise<void> {
  const address = cluster.network?.clientsAddress;
  if (address === undefined) throw new OperationFailed('a name server needs a network of its own');
  const names = new Map(cluster.nodes.map((node) => [`${node.name}.lab`, node.machine.address]));
  servers.set(cluster, await SlowNameServer.start(address, names));
  cluster.network?.askForNames(address);
}

function serverOf(cluster: TestCluster): SlowNameServer {
  const server = servers.get(cluster);
  if (server === undefined) throw new OperationFailed('this cluster has no name server');
  return server;
}

function slowDown({ cluster }: FaultStage, ms: number | null): void {
  serverOf(cluster).delayMs = ms;
}
