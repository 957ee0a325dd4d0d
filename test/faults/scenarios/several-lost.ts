import type { FaultScenario } from '../fault-scenario.ts';

export const twoOfFiveLost: FaultScenario = {
  name: 'two-of-five-lost',
  what: 'The hosts of the primary and of the best standby are killed at once; three of five are left.',
  actor: 'the three that are left elect; the two rejoin',
  cluster: { nodes: 5, settingsOf: { 2: { priority: '200' } } },
  expected: {
    outageMs: (leaseMs) => leaseMs + 5_000,
    primary: 'moves',
    lostRows: 20,
    cause: /lease|heard nothing|silent|no heartbeat/i,
  },
  play: async (stage) => {
    const best = stage.cluster.node(2);
    await stage.strike(() => Promise.all([stage.primary.killHost(), best.killHost()]));
    await stage.newPrimary();
    await stage.mend(() => Promise.all([stage.primary.restartHost(), best.restartHost({ postgres: true })]));
  },
};

export const twoOfThreeLost: FaultScenario = {
  name: 'two-of-three-lost',
  what: 'The hosts of the primary and of a standby are killed at once; the standby comes back two leases later, then the primary.',
  actor: 'nobody until there is a majority again, then the two elect',
  expected: {
    outageMs: (leaseMs) => 2 * leaseMs + 2 * leaseMs + 8_000,
    primary: 'moves',
    lostRows: 20,
    cause: /only 1 of 3 voters answer/,
  },
  play: async (stage) => {
    const lost = stage.cluster.node(2);
    await stage.strike(() => Promise.all([stage.primary.killHost(), lost.killHost()]));
    await stage.faultLasts(2 * stage.leaseMs);
    await stage.mend(() => lost.restartHost({ postgres: true }));
    await stage.newPrimary();
    await stage.mend(() => stage.primary.restartHost());
  },
};
