import type { LocalServerSettings } from '../../ports/adapters.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CommandRunner } from '../../ports/command-runner.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import type { ProcessTable } from '../../ports/process-table.ts';

/** What a local server needs of its host. */
export interface ServerHost {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly files: FileSystem;
  readonly processes: ProcessTable;
}

/** A data directory with its settings and its host. */
export interface ServerContext extends ServerHost {
  readonly settings: LocalServerSettings;
}
