import type { ClusterNode } from '../../../lab/cluster-node.ts';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

/** A WAL receiver begins a timeline with the whole segment that it forks in, so this much is sent again. */
const segmentFill =
  'CREATE TABLE filler AS SELECT repeat(md5(i::text), 30) FROM generate_series(1, 45000) AS i';

export const lostWhileSwitching: FaultScenario = {
  name: 'lost-while-switching',
  what: 'The new primary is lost too while a standby still receives the segment in which the new timeline forks; the first one returns.',
  // A large segment takes long enough to be caught in the middle of it.
  cluster: { walSegmentMb: 64 },
  actor: 'whoever may be elected; nobody is stuck with half a segment',
  expected: {
    outageMs: (leaseMs) => 3 * leaseMs + 15_000,
    primary: 'either',
    // What only the lost primary had: commits wait for nobody here.
    lostRows: 200,
    cause: /lease|silent/i,
  },
  play: async (stage) => {
    const { primary } = stage;
    await fillSegment(stage);
    await stage.strike(() => primary.killHost());
    const winner = await stage.cluster.waitForPrimary({ except: primary, timeoutMs: 60_000 });
    const standby = stage.standbys.find((node) => node !== winner);
    if (standby !== undefined) await whileReceivingFork(stage, standby);
    await stage.strike(() => winner.killHost());
    await stage.mend(() => primary.restartHost());
    await stage.newPrimary(winner);
    await stage.mend(() => winner.restartHost());
  },
};

async function fillSegment(stage: FaultStage): Promise<void> {
  const { postgres } = stage.primary;
  await postgres.query('SELECT pg_switch_wal()');
  await postgres.query(segmentFill);
  await stage.healthy();
}

async function whileReceivingFork(stage: FaultStage, { name, postgres }: ClusterNode): Promise<void> {
  const sql = `SELECT (SELECT received_tli FROM pg_stat_wal_receiver) > 1
                  AND pg_last_wal_receive_lsn() < pg_last_wal_replay_lsn() AS is_within`;
  await stage.when(`${name} to receive the new timeline`, async () => {
    const [row] = await postgres.query<{ is_within: boolean | null }>(sql);
    return row?.is_within === true;
  });
}
