import { LocalCommandFailed, OperationFailed } from '../../src/domain/errors/repmgr-error.ts';
import type { NodeId, NodeRecord } from '../../src/domain/node.ts';
import type { Adapters } from '../../src/ports/adapters.ts';
import type { BackupSource } from '../../src/ports/backup-source.ts';
import type { ControlData, LocalServer, ProcessState } from '../../src/ports/local-server.ts';
import type { Rewind } from '../../src/ports/rewind.ts';
import { createFakeDatabase, createFakeMetadataStore, type FakeDatabase } from './fake-database.ts';
import { createFakeFileSystem, createFakeProcessTable, FakeClock, FakeRunner } from './fake-host.ts';
import { FakePeers } from './fake-peers.ts';
import {
  createFakeConnectionFactory,
  createFakeInspector,
  type FakeConnection,
  FakeServer,
} from './fake-server.ts';
import { partialPort } from './partial-port.ts';

/** Port of the PostgreSQL server of a node. */
function portOf(nodeId: number): number {
  return 55_200 + nodeId;
}

/** Port of the daemon of a node. */
export function apiPortOf(nodeId: number): number {
  return 5_478 + nodeId;
}

export function conninfoOf(nodeId: number): string {
  return `host=127.0.0.1 port=${portOf(nodeId)} user=repmgr dbname=repmgr connect_timeout=2`;
}

/** A record as `register` would write it; node 1 is the primary unless `changes` say otherwise. */
export function nodeRecord(id: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    nodeId: id as NodeId,
    upstreamNodeId: id === 1 ? null : (1 as NodeId),
    active: true,
    nodeName: `node${id}`,
    type: id === 1 ? 'primary' : 'standby',
    location: 'default',
    priority: 100,
    conninfo: conninfoOf(id),
    replicationUser: 'repmgr',
    slotName: null,
    configFile: `/etc/repmgr/node${id}.conf`,
    ...changes,
  };
}

/** A cluster in memory: servers, daemons, the files and processes of the local host. */
export class FakeCluster {
  readonly servers = new Map<number, FakeServer>();
  readonly clock = new FakeClock();
  readonly runner = new FakeRunner();
  readonly peers = new FakePeers();
  readonly files = new Map<string, string>();
  readonly pids = new Set<number>();
  /** All connections that were opened, to see that they are closed. */
  readonly connections: FakeConnection[] = [];
  /** The metadata of the primary, shared by its standbys. */
  readonly database: FakeDatabase;
  /** Undefined: there is no readable data directory. */
  controlData: Partial<ControlData> | undefined;
  /** Of the local server. */
  postmaster: ProcessState = { kind: 'absent' };
  isDiskFull = false;
  /** What becomes of the cluster when the local server is stopped. */
  onStop: () => void = () => {};

  constructor(nodes: NodeRecord[]) {
    this.database = createFakeDatabase(nodes);
    for (const node of nodes) this.addServer(node.nodeId, node.type === 'standby' ? 'standby' : 'primary');
    for (const { type, upstreamNodeId, nodeName } of nodes) {
      if (type === 'standby' && upstreamNodeId !== null) this.server(upstreamNodeId).attach(nodeName);
    }
    this.database.daemons = nodes.map(({ nodeId }) => ({
      nodeId,
      host: '127.0.0.1',
      port: apiPortOf(nodeId),
      incarnation: '0'.repeat(32),
    }));
  }

  addServer(nodeId: number, recoveryState: 'primary' | 'standby'): FakeServer {
    const server = new FakeServer(portOf(nodeId), recoveryState, this.database);
    this.servers.set(nodeId, server);
    return server;
  }

  server(nodeId: number): FakeServer {
    const server = this.servers.get(nodeId);
    if (server === undefined) throw new Error(`there is no server of node ${nodeId}`);
    return server;
  }

  /** Record of a node in the shared metadata. */
  node(nodeId: number): NodeRecord | undefined {
    return this.database.nodes.find((node) => node.nodeId === nodeId);
  }

  change(nodeId: number, values: Partial<NodeRecord>): void {
    this.database.nodes = this.database.nodes.map((node) =>
      node.nodeId === nodeId ? { ...node, ...values } : node,
    );
  }

  adapters(): Adapters {
    return {
      clock: this.clock,
      runner: this.runner,
      files: createFakeFileSystem(this.files),
      processes: createFakeProcessTable(this.pids),
      connections: createFakeConnectionFactory([...this.servers.values()], this.connections),
      inspector: createFakeInspector(),
      metadata: createFakeMetadataStore(),
      backup: partialPort<BackupSource>('BackupSource', {}),
      rewind: partialPort<Rewind>('Rewind', {}),
      localServer: ({ data_directory: directory }) => this.#localServer(directory),
      peerNetwork: ({ clusterKey }) => {
        const key = typeof clusterKey === 'string' ? clusterKey : (clusterKey() ?? '');
        return this.peers.open({ clusterKey: key });
      },
    };
  }

  #localServer(directory: string): LocalServer {
    const { controlData, files } = this;
    const signalFile = `${directory}/standby.signal`;
    return partialPort<LocalServer>('LocalServer', {
      dataDirectory: directory,
      processState: async () => this.postmaster,
      hasStandbySignal: async () => files.has(signalFile),
      writeStandbySignal: async () => {
        if (this.isDiskFull) throw new OperationFailed(`no space is left for "${signalFile}"`);
        files.set(signalFile, '');
      },
      releaseTimelines: async () => [],
      forgetTimelinesAfter: async () => [],
      describe: (action) => `pg_ctl ${action}`,
      stop: async () => {
        this.postmaster = { kind: 'absent' };
        this.onStop();
      },
      majorVersion: async () => (controlData === undefined ? undefined : 15),
      controlData: async () => {
        if (controlData !== undefined) return partialPort<ControlData>('ControlData', controlData);
        throw new LocalCommandFailed('pg_controldata ended with status 1');
      },
    });
  }
}
