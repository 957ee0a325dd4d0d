import type { BackupSource } from './backup-source.ts';
import type { Clock } from './clock.ts';
import type { CommandRunner } from './command-runner.ts';
import type { ConnectionFactory } from './connection.ts';
import type { FileSystem } from './file-system.ts';
import type { LocalServer } from './local-server.ts';
import type { MetadataStore } from './metadata-store.ts';
import type { PeerNetwork } from './peer-network.ts';
import type { ProcessTable } from './process-table.ts';
import type { Rewind } from './rewind.ts';
import type { ServerInspector } from './server-inspector.ts';

/** What a local server needs to know of repmgr.conf. */
export interface LocalServerSettings {
  readonly data_directory: string;
  readonly config_directory: string;
  readonly pg_bindir: string;
  readonly pg_ctl_options: string;
  readonly service_start_command: string;
  readonly service_stop_command: string;
  readonly service_restart_command: string;
  readonly service_reload_command: string;
  readonly service_promote_command: string;
}

/** The outer world as handed to commands and operations; joined in `bin/` only. */
export interface Adapters {
  readonly clock: Clock;
  readonly runner: CommandRunner;
  readonly files: FileSystem;
  readonly processes: ProcessTable;
  readonly connections: ConnectionFactory;
  readonly inspector: ServerInspector;
  readonly metadata: MetadataStore;
  readonly backup: BackupSource;
  readonly rewind: Rewind;
  localServer(settings: LocalServerSettings): LocalServer;
  /**
   * Signed requests to daemons; `clusterKey` in hexadecimal, a function where it may change. Only one network may
   * use a start id.
   */
  peerNetwork(options: {
    readonly clusterKey: string | (() => string | undefined);
    readonly nodeId: number;
    readonly startId?: string;
  }): PeerNetwork;
}
