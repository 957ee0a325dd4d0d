import type { FaultScenario } from '../fault-scenario.ts';

export const killHost: FaultScenario = {
  name: 'kill-host',
  what: "SIGKILL to every process of the primary's host; it starts again once there is a new primary.",
  actor: 'the standbys elect; the returning daemon rejoins',
  isShort: true,
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    lostRows: 10,
    cause: /lease|heard nothing|silent|no heartbeat/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.primary.killHost());
    await stage.newPrimary();
    await stage.mend(() => stage.primary.restartHost());
  },
};
