import type { FaultScenario } from '../fault-scenario.ts';

export const killPostmaster: FaultScenario = {
  name: 'kill-postmaster',
  what: "SIGKILL to the primary's postmaster; its daemon lives.",
  actor: 'the daemon beside it: restarts in place or hands over',
  isShort: true,
  expected: {
    // Crash recovery first synchronizes the whole data directory, which takes seconds on a busy disk.
    outageMs: () => 10_000,
    primary: 'either',
    lostRows: 10,
    cause: /postmaster|PostgreSQL.*(gone|died|ended|crash|killed)|connection.*lost/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.primary.postgres.killPostmaster());
    await stage.writing();
  },
};
