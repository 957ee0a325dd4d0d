import { SmallVolume } from '../../../lab/small-volume.ts';
import type { TestCluster } from '../../../lab/test-cluster.ts';
import { waitFor } from '../../../lab/wait-for.ts';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

const volumeMb = 192;
const volumes = new WeakMap<TestCluster, SmallVolume>();

export const diskFull: FaultScenario = {
  name: 'disk-full',
  what: "The primary's WAL volume fills up while it writes; there is room again once there is a new primary.",
  actor: "the primary's daemon hands over and rejoins when there is room",
  cluster: { postgresSettings: { wal_keep_size: '0', min_wal_size: '32MB', max_wal_size: '64MB' } },
  expected: {
    outageMs: (leaseMs) => leaseMs + 15_000,
    primary: 'moves',
    lostRows: 10,
    cause: /no space|room|full|gone|crash|ended/i,
  },
  prepare: async (cluster) => {
    const node = cluster.node(1);
    await node.postgres.stop();
    volumes.set(cluster, await SmallVolume.forWalOf(node, cluster.folder, volumeMb));
    await node.postgres.start();
  },
  play: async (stage) => {
    const volume = volumes.get(stage.cluster);
    await stage.strike(() => volume?.fill());
    await exhaustWal(stage);
    await stage.newPrimary();
    await stage.mend(() => volume?.makeRoom());
  },
};

/** Segments made in advance keep a full disk from showing; they are used up. */
async function exhaustWal({ primary }: FaultStage): Promise<void> {
  const { postgres } = primary;
  const write = 'CREATE TABLE filler AS SELECT repeat(md5(i::text), 40) FROM generate_series(1, 50000) AS i';
  await waitFor(
    async () => {
      try {
        await postgres.query(write, [], { timeoutMs: 20_000 });
        await postgres.query('DROP TABLE filler');
        return false;
      } catch {
        // What is waited for: the server can't write any more.
        return true;
      }
    },
    { what: `the disk of ${primary.name} to stop it`, timeoutMs: 60_000 },
  );
}
