import type { FaultScenario } from '../fault-scenario.ts';

const blipsMs = [500, 1_000, 2_000, 3_000, 5_000, 500, 4_000];

export const blips: FaultScenario = {
  name: 'blips',
  what: `Whoever is primary is cut off from everybody ${blipsMs.length} times, for 0.5 to 5 s, with writes in between.`,
  actor: 'short ones: nobody; longer ones: the standbys elect',
  expected: {
    // The cut itself, then an election that it may have come in the way of.
    outageMs: (leaseMs) => 5_000 + 2 * leaseMs + 4_000,
    primary: 'either',
    lostRows: 70,
    cause: /lease|majority|heartbeat/i,
  },
  play: async (stage) => {
    for (const blipMs of blipsMs) {
      const primary = await stage.cluster.waitForPrimary({ timeoutMs: 60_000 });
      await stage.strike(() => stage.network.isolate(primary.id - 1));
      await stage.faultLasts(blipMs);
      await stage.mend(() => stage.network.heal());
      await stage.writing();
    }
  },
};
