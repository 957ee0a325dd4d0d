import { signalProcess } from '../../../lab/processes-within.ts';
import type { FaultScenario } from '../fault-scenario.ts';

export const killBackend: FaultScenario = {
  name: 'kill-backend',
  what: 'SIGKILL to one backend of the primary; its postmaster starts all other processes anew.',
  actor: 'PostgreSQL itself; the daemons leave it alone',
  isShort: true,
  expected: {
    outageMs: () => 6_000,
    primary: 'stays',
    lostRows: 0,
    cause: /starting up|recovery|crash|connection/i,
  },
  play: async (stage) => {
    const { postgres } = stage.primary;
    const sql =
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    const [backend] = await postgres.query<{ pid: number }>(sql);
    await stage.strike(() => backend && signalProcess(backend.pid, 'SIGKILL'));
    await stage.writing();
  },
};
