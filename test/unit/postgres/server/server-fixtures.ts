import type { LocalServerSettings } from '../../../../src/ports/adapters.ts';
import type { FileSystem } from '../../../../src/ports/file-system.ts';
import type { ProcessEntry } from '../../../../src/ports/process-table.ts';
import type { ServerContext } from '../../../../src/postgres/server/server-context.ts';
import { FakeClock, FakeRunner } from '../../../fakes/fake-host.ts';
import { partialPort } from '../../../fakes/partial-port.ts';

export const noSettings: LocalServerSettings = {
  data_directory: '/data',
  config_directory: '',
  pg_bindir: '',
  pg_ctl_options: '',
  service_start_command: '',
  service_stop_command: '',
  service_restart_command: '',
  service_reload_command: '',
  service_promote_command: '',
};

export function server(pid: number, changes: Partial<ProcessEntry> = {}): ProcessEntry {
  return {
    pid,
    parentPid: 1,
    name: 'postgres',
    startTicks: String(pid),
    isZombie: false,
    workingDirectory: '/data',
    ...changes,
  };
}

/** A host on which processes end, or don't, as `onSignal` decides. */
export interface ScriptedHost {
  readonly context: ServerContext;
  readonly clock: FakeClock;
  readonly runner: FakeRunner;
  readonly files: Map<string, string>;
  readonly table: Map<number, ProcessEntry>;
  readonly signals: string[];
  onSignal: (pid: number, signalName: string) => void;
}

export function scriptedHost(processes: readonly ProcessEntry[]): ScriptedHost {
  const files = new Map<string, string>();
  const table = new Map(processes.map((entry) => [entry.pid, entry]));
  const clock = new FakeClock();
  const runner = new FakeRunner();
  const signals: string[] = [];
  const host: ScriptedHost = {
    clock,
    runner,
    files,
    table,
    signals,
    onSignal: (pid) => table.delete(pid),
    context: {
      settings: noSettings,
      clock,
      runner,
      files: partialPort<FileSystem>('FileSystem', {
        readText: async (path) => files.get(path),
        realPath: async (path) => path,
        removeFile: async (path) => files.delete(path),
      }),
      processes: {
        find: async (pid) => table.get(pid),
        argumentsOf: async () => undefined,
        list: async () => [...table.values()],
        signal(pid, signalName) {
          signals.push(`${signalName} ${pid}`);
          if (!table.has(pid)) return false;
          host.onSignal(pid, signalName);
          return true;
        },
      },
    },
  };
  return host;
}

export function postmasterPid(pid: number, sharedMemoryId = '65538'): string {
  return `${pid}\n/data\n1700000000\n5432\n/run\nlocalhost\n  5432001 ${sharedMemoryId}\nready   \n`;
}

/** /proc/sysvipc/shm with so many processes attached to a segment. */
export function sharedMemoryTable(id: string, attached: number): string {
  const titles = '       key      shmid perms                  size  cpid  lpid nattch   uid   gid';
  return `${titles}\n   5432001 ${id.padStart(10)}   600   56  100  200 ${attached}  109  117\n`;
}
