import { createSystemClock } from '../host/clock.ts';
import { createFileSystem } from '../host/files/file-system.ts';
import { createProcessTable } from '../host/process/process-table.ts';
import { createCommandRunner } from '../host/process/run-process.ts';
import { createMetadataStore } from '../metadata/metadata-store.ts';
import { createPeerNetwork } from '../peers/peer-client.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { ConnectionFactory } from '../ports/connection.ts';
import { createBackupSource } from '../postgres/backup/pg-basebackup.ts';
import { createRewind } from '../postgres/rewind/pg-rewind.ts';
import { createLocalServer } from '../postgres/server/local-server.ts';
import { createServerInspector } from '../postgres/server-inspector.ts';

/**
 * Joins every port with the adapter that does the work. When `interrupt` aborts, queries that run are given up
 * soon after.
 */
export function composeAdapters({ interrupt }: { readonly interrupt?: AbortSignal } = {}): Adapters {
  const clock = createSystemClock();
  const runner = createCommandRunner();
  const processes = createProcessTable();
  const files = createFileSystem(processes);
  return {
    clock,
    runner,
    files,
    processes,
    connections: createLazyConnectionFactory(interrupt),
    inspector: createServerInspector(),
    metadata: createMetadataStore(),
    backup: createBackupSource(runner),
    rewind: createRewind(runner),
    localServer: (settings) => createLocalServer(settings, { clock, runner, files, processes }),
    peerNetwork: createPeerNetwork,
  };
}

/** The PostgreSQL client is half of the start-up time, so it is loaded with the first connection. */
function createLazyConnectionFactory(interrupt: AbortSignal | undefined): ConnectionFactory {
  const load = async (): Promise<ConnectionFactory> => {
    const { createConnectionFactory } = await import('../postgres/connection/create-connection-factory.ts');
    return createConnectionFactory({ interrupt });
  };
  let loaded: Promise<ConnectionFactory> | undefined;
  const factory = (): Promise<ConnectionFactory> => {
    loaded ??= load();
    return loaded;
  };
  return {
    connect: async (conninfo, options) => (await factory()).connect(conninfo, options),
    ping: async (conninfo, options) => (await factory()).ping(conninfo, options),
  };
}
