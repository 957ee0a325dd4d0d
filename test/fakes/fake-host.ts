import { Cancelled } from '../../src/domain/errors/repmgr-error.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { CommandResult, CommandRunner, CommandSpec } from '../../src/ports/command-runner.ts';
import type { FileSystem } from '../../src/ports/file-system.ts';
import type { ProcessTable } from '../../src/ports/process-table.ts';
import { partialPort } from './partial-port.ts';

/** Time passes only while somebody sleeps; `onSleep` may change the world meanwhile. */
export class FakeClock implements Clock {
  nowMs = 0;
  onSleep: (nowMs: number) => void = () => {};

  monotonicMs(): number {
    return this.nowMs;
  }

  wallTime(): Date {
    return new Date(Date.UTC(2026, 10, 22, 21, 53, 10) + this.nowMs);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw new Cancelled('the wait was cancelled');
    this.nowMs += ms;
    this.onSleep(this.nowMs);
  }
}

/** Remembers what it was told to run; commands succeed unless `resultOf` says otherwise. */
export class FakeRunner implements CommandRunner {
  readonly commands: string[] = [];
  resultOf: (spec: CommandSpec) => Partial<CommandResult> = () => ({});

  async run(spec: CommandSpec): Promise<CommandResult> {
    this.commands.push([spec.command, ...(spec.args ?? [])].join(' '));
    return {
      exitStatus: 0,
      signalName: null,
      stdout: '',
      stderr: '',
      timedOut: false,
      cancelled: false,
      durationMs: 1,
      ...this.resultOf(spec),
    };
  }
}

/** Files by their path; a folder is there when something is in it. */
export function createFakeFileSystem(files: Map<string, string>): FileSystem {
  return partialPort<FileSystem>('FileSystem', {
    readText: async (path) => files.get(path),
    exists: async (path) => files.has(path),
    status: async () => undefined,
    writeDurably: async (path, content) => {
      files.set(path, Buffer.from(content).toString());
    },
    append: async (path, content) => {
      files.set(path, (files.get(path) ?? '') + content);
    },
    makeDirectory: async () => {},
    removeFile: async (path) => files.delete(path),
    removeTree: async () => {},
    list: async (path) => {
      const names = [...files.keys()].filter((name) => name.startsWith(`${path}/`));
      return names.length === 0 ? undefined : names.map((name) => name.slice(path.length + 1)).toSorted();
    },
  });
}

/** Processes by their pid. */
export function createFakeProcessTable(pids: ReadonlySet<number>): ProcessTable {
  return partialPort<ProcessTable>('ProcessTable', {
    find: async (pid) =>
      pids.has(pid)
        ? {
            pid,
            parentPid: 1,
            name: 'repmgrd',
            startTicks: '1',
            isZombie: false,
            workingDirectory: undefined,
          }
        : undefined,
    list: async () => [],
  });
}
