import type { FaultScenario } from '../fault-scenario.ts';

const hungMs = 8_000;

export const hangServer: FaultScenario = {
  name: 'hang-server',
  what: "SIGSTOP to all of the primary's PostgreSQL, SIGCONT 8 s later; the daemons live.",
  actor: "the primary's daemon finds it hung, ends its own reign and rejoins it afterwards",
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    lostRows: 10,
    cause: /hung|hangs|does not answer|no answer/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.primary.postgres.signalAll('SIGSTOP'));
    await stage.faultLasts(hungMs);
    await stage.mend(() => stage.primary.postgres.signalAll('SIGCONT'));
  },
};

export const hangDaemon: FaultScenario = {
  name: 'hang-daemon',
  what: "SIGSTOP to the primary's daemon, SIGCONT 8 s later; its PostgreSQL lives.",
  actor: 'nobody: WAL still flows, so no voter elects anybody',
  expected: {
    outageMs: () => 2_000,
    primary: 'stays',
    lostRows: 10,
    cause: /lease|late|WAL|heartbeat/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.primary.signalDaemon('SIGSTOP'));
    await stage.faultLasts(hungMs);
    await stage.mend(() => stage.primary.signalDaemon('SIGCONT'));
  },
};

export const hangHost: FaultScenario = {
  name: 'hang-host',
  what: "SIGSTOP to every process of the primary's host, SIGCONT once there is a new primary.",
  actor: 'the standbys elect; the woken daemon fences its server and rejoins',
  isShort: true,
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    lostRows: 10,
    cause: /lease|heard nothing|silent|no heartbeat/i,
  },
  play: async (stage) => {
    await stage.strike(() => stage.primary.freeze());
    await stage.newPrimary();
    await stage.mend(() => stage.primary.thaw());
  },
};
