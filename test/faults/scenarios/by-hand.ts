import type { FaultScenario } from '../fault-scenario.ts';

export const oldPrimaryByHand: FaultScenario = {
  name: 'old-primary-by-hand',
  what: "After a failover somebody starts the old primary's PostgreSQL with pg_ctl, together with its daemon.",
  actor: 'its daemon, which finds another reign and fences it',
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    lostRows: 10,
    doubleWritable: {
      ms: 3_000,
      because: 'nothing stands between pg_ctl and a server that was killed before it could be told',
    },
    cause: /another|reign|out of recovery|fenc/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.primary.killHost());
    await stage.newPrimary();
    await stage.mend(async () => {
      stage.primary.startDaemon();
      // The daemon may have been faster, and then PostgreSQL runs already or is being rewound.
      await stage.primary.postgres.start().catch(() => undefined);
    });
  },
};

export const oldPrimaryGuarded: FaultScenario = {
  name: 'old-primary-guarded',
  what: 'After a failover the old primary boots: "repmgr node guard", PostgreSQL, then its daemon, as the units of systemd say.',
  actor: 'the guard, which has PostgreSQL start in recovery; then the daemon rejoins',
  isShort: true,
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    lostRows: 10,
    cause: /lease|heard nothing|silent|no heartbeat/i,
  },
  play: async (stage) => {
    const { primary } = stage;
    await stage.strike(() => primary.killHost());
    await stage.newPrimary();
    await stage.mend(async () => {
      await primary.mustRepmgr(['node', 'guard']);
      await primary.postgres.start();
      primary.startDaemon();
    });
  },
};

export const standbyPromotedByHand: FaultScenario = {
  name: 'standby-promoted-by-hand',
  what: 'Somebody promotes a standby with pg_ctl while the primary is well.',
  actor: 'the daemon of that standby fences it and rejoins the primary',
  expected: {
    outageMs: () => 5_000,
    primary: 'either',
    lostRows: 0,
    doubleWritable: {
      ms: 3_000,
      because: 'it was opened by hand; until its daemon looks, both take writes',
    },
    cause: /out of recovery|lease|by hand|fenc/i,
  },
  play: async (stage) => {
    const [standby] = stage.standbys;
    await stage.strike(() => standby?.postgres.promote());
  },
};
