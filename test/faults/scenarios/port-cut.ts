import type { FaultScenario } from '../fault-scenario.ts';

export const cutReplicationPort: FaultScenario = {
  name: 'cut-replication-port',
  what: "Port 5432 between the primary and the standbys is cut for three leases; the daemons' port is not.",
  actor: 'nobody: the daemons still hear each other',
  expected: {
    outageMs: () => 3_000,
    primary: 'stays',
    lostRows: 0,
  },
  play: async (stage) => {
    await stage.strike(() => stage.network.isolatePort(stage.primary.id - 1, stage.primary.port));
    await stage.faultLasts(3 * stage.leaseMs);
    await stage.mend(() => stage.network.heal());
  },
};

export const cutDaemonPort: FaultScenario = {
  name: 'cut-daemon-port',
  what: "The daemons' port between the primary and the standbys is cut for three leases; replication is not.",
  actor: 'nobody: WAL that standbys confirm prolongs the lease',
  isShort: true,
  expected: {
    outageMs: () => 3_000,
    primary: 'stays',
    lostRows: 0,
    cause: /WAL|lease|heartbeat|acknowledg/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.network.isolatePort(stage.primary.id - 1, stage.primary.apiPort));
    await stage.faultLasts(3 * stage.leaseMs);
    await stage.mend(() => stage.network.heal());
  },
};
