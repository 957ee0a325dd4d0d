import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

const startsWithinMs = 2_000;

export const powerCut: FaultScenario = {
  name: 'power-cut',
  what: 'All hosts are killed at once; servers and daemons of all are started in random order within two seconds.',
  actor: 'the daemons elect the best',
  isShort: true,
  expected: {
    outageMs: (leaseMs) => startsWithinMs + 3 * leaseMs + 10_000,
    primary: 'either',
    lostRows: 0,
    cause: /elected|lease|majority/i,
  },
  play: async (stage) => {
    await stage.strike(() => Promise.all(stage.cluster.nodes.map((node) => node.killHost())));
    await stage.mend(() => startInRandomOrder(stage));
  },
};

/** What the service managers of three hosts do when power comes back. */
async function startInRandomOrder({ cluster }: FaultStage): Promise<void> {
  const starts: (() => Promise<void>)[] = cluster.nodes.flatMap((node) => [
    async () => {
      node.startDaemon();
    },
    // The daemon may have been faster; then the second start is refused, as it would be by systemd.
    () => node.postgres.start().catch(() => undefined),
  ]);
  await Promise.all(
    starts.map(async (start) => {
      await sleep(Math.random() * startsWithinMs);
      await start();
    }),
  );
}
