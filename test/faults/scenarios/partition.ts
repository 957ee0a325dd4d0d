import type { FaultScenario } from '../fault-scenario.ts';

/** Rows that a primary on its own acknowledges in a lease, at one every 10 ms. */
const rowsOfALease = 400;

export const partitionAll: FaultScenario = {
  name: 'partition-all',
  what: "The primary's host is cut off from everybody, clients included; healed once there is a new primary.",
  actor: 'the primary fences itself; the standbys elect',
  isShort: true,
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    lostRows: 10,
    cause: /lease|majority|heartbeat/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.network.isolate(stage.primary.id - 1));
    await stage.newPrimary();
    await stage.mend(() => stage.network.heal());
  },
};

export const partitionPeers: FaultScenario = {
  name: 'partition-peers',
  what: "The primary's host is cut off from the other nodes while clients still reach it.",
  actor: 'the primary fences itself before the standbys elect',
  isShort: true,
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    // Without synchronous replication, what it acknowledged while it was alone can't be kept.
    lostRows: rowsOfALease,
    cause: /lease|majority|heartbeat/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.network.isolate(stage.primary.id - 1, { clients: false }));
    await stage.newPrimary();
    await stage.mend(() => stage.network.heal());
  },
};

export const partitionPeersSynchronous: FaultScenario = {
  ...partitionPeers,
  name: 'partition-peers-synchronous',
  what: `${partitionPeers.what} Commits wait for a standby.`,
  isShort: false,
  cluster: { synchronous: true },
  expected: { ...partitionPeers.expected, lostRows: 0 },
};

export const partitionOutgoing: FaultScenario = {
  name: 'partition-outgoing',
  what: "What the primary's host sends to the other nodes is lost; what they send arrives.",
  actor: 'the primary fences itself; the standbys elect',
  expected: partitionPeers.expected,
  play: async (stage) => {
    const lost = stage.primary.id - 1;
    await stage.strike(() => {
      for (const node of stage.standbys) stage.network.cutOneWay(lost, node.id - 1);
    });
    await stage.newPrimary();
    await stage.mend(() => stage.network.heal());
  },
};

export const partitionIncoming: FaultScenario = {
  name: 'partition-incoming',
  what: "What the other nodes send to the primary's host is lost; what it sends arrives.",
  actor: 'the primary fences itself; the standbys elect',
  expected: partitionPeers.expected,
  play: async (stage) => {
    const lost = stage.primary.id - 1;
    await stage.strike(() => {
      for (const node of stage.standbys) stage.network.cutOneWay(node.id - 1, lost);
    });
    await stage.newPrimary();
    await stage.mend(() => stage.network.heal());
  },
};

export const partitionStandby: FaultScenario = {
  name: 'partition-standby',
  what: "One standby's host is cut off from everybody for three leases.",
  actor: 'nobody; the standby comes back by itself and makes nobody stand down',
  expected: {
    outageMs: () => 2_000,
    primary: 'stays',
    lostRows: 0,
    cause: /lease|majority|heartbeat|silent/i,
  },
  play: async (stage) => {
    const [standby] = stage.standbys;
    await stage.strike(() => stage.network.isolate((standby?.id ?? 0) - 1));
    await stage.faultLasts(3 * stage.leaseMs);
    await stage.mend(() => stage.network.heal());
  },
};
