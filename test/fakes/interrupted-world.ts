import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeRecord } from '../../src/domain/node.ts';
import { createFileSystem } from '../../src/host/files/file-system.ts';
import type { ConnectedNode } from '../../src/operations/follow-upstream.ts';
import type { Adapters } from '../../src/ports/adapters.ts';
import type { BackupSource } from '../../src/ports/backup-source.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Connection } from '../../src/ports/connection.ts';
import type { FileSystem } from '../../src/ports/file-system.ts';
import type { ControlData, LocalServer } from '../../src/ports/local-server.ts';
import type { Rewind } from '../../src/ports/rewind.ts';
import { FakeCluster, nodeRecord } from './fake-cluster.ts';
import type { FakeConnection, FakeServer } from './fake-server.ts';
import { Mortal } from './mortal.ts';
import { type FakeOperationContext, operationContext } from './operation-context.ts';
import { partialPort } from './partial-port.ts';

/** What a data directory holds: only a copy, or a directory that was rewound, can stream from node 2. */
export type Content = 'diverged' | 'mixture' | 'rewound' | 'half a copy' | 'copy';

const slotName = 'repmgr_slot_1';

/**
 * Node 1 with real files in a temporary folder; node 2 is the primary, node 3 another standby. Operations on node 1
 * can be killed at every step that changes something.
 */
export class InterruptedWorld {
  /** In memory where there is such a place: hundreds of worlds are synced to disk again and again. */
  readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'interrupted-'));
  readonly data = join(this.folder, 'data');
  readonly cluster: FakeCluster;
  isRunning = false;
  /** What the running server was started from or has read since. */
  #upstream: number | null = null;

  constructor(content: Content | null, own: Partial<NodeRecord> = {}) {
    this.cluster = new FakeCluster([
      nodeRecord(1, { type: 'standby', upstreamNodeId: nodeRecord(2).nodeId, ...own }),
      nodeRecord(2, { type: 'primary', upstreamNodeId: null }),
      nodeRecord(3, { upstreamNodeId: nodeRecord(2).nodeId }),
    ]);
    this.cluster.server(1).recoveryState = 'standby';
    for (const id of [2, 3]) this.cluster.server(id).replicationRows = [];
    this.cluster.server(2).totalDataBytes = 1_000n;
    if (content === null) return;
    mkdirSync(join(this.data, 'pg_wal'), { recursive: true });
    writeFileSync(join(this.data, 'pg_wal', '000000010000000000000005'), 'wal');
    this.fill(this.data, content, 'port = 1');
  }

  fill(directory: string, content: Content, configuration: string): void {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'PG_VERSION'), '15');
    writeFileSync(join(directory, 'content'), content);
    writeFileSync(join(directory, 'postgresql.conf'), configuration);
  }

  contentOf(directory = this.data): Content | null {
    const path = join(directory, 'content');
    return existsSync(path) ? (readFileSync(path, 'utf8') as Content) : null;
  }

  /** Names beside the data directory, the state directory left out. */
  besides(): string[] {
    return readdirSync(this.folder).filter((name) => name !== 'data.repmgr');
  }

  journal(): string[] {
    const directory = join(this.folder, 'data.repmgr', 'journal');
    return existsSync(directory) ? readdirSync(directory) : [];
  }

  slotsOn(nodeId: number): string[] {
    return this.cluster.server(nodeId).slots.map((slot) => slot.slotName);
  }

  streamsFrom(): number | null {
    return [2, 3].find((id) => this.cluster.server(id).replicationRows.length > 0) ?? null;
  }

  async connected(nodeId: number): Promise<ConnectedNode> {
    const node = this.cluster.node(nodeId) ?? nodeRecord(nodeId);
    return { node, connection: await this.cluster.adapters().connections.connect(node.conninfo) };
  }

  /** A new process on node 1. */
  process(mortal = new Mortal()): FakeOperationContext {
    return operationContext(this.#adapters(mortal), {
      data_directory: this.data,
      use_replication_slots: true,
      node_rejoin_timeout: 1,
      standby_reconnect_timeout: 1,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  localServer(mortal = new Mortal()): LocalServer {
    return mortal.wrap(this.#server(), [
      'start',
      'stop',
      'reload',
      'restart',
      'writeReplicationConfiguration',
      'writeStandbySignal',
      'removeStandbySignal',
    ]);
  }

  #adapters(mortal: Mortal): Adapters {
    const base = this.cluster.adapters();
    const files = createFileSystem({ find: async () => undefined });
    return {
      ...base,
      clock: mortal.wrap<Clock>(base.clock, []),
      files: mortal.wrap<FileSystem>(
        files,
        [
          'writeDurably',
          'copyFileDurably',
          'renameDurably',
          'removeFile',
          'removeTree',
          'makeDirectory',
          'setMode',
        ],
        { removeTree: async (path: string) => removeSome(path) },
      ),
      backup: mortal.wrap<BackupSource>(this.#backup(), ['basebackup'], {
        basebackup: async ({ args }: Parameters<BackupSource['basebackup']>[0]) =>
          this.fill(targetOf(args), 'half a copy', 'port = 2'),
      }),
      rewind: mortal.wrap<Rewind>(this.#rewind(), ['rewind'], {
        rewind: async () => this.fill(this.data, 'mixture', 'port = 2'),
      }),
      inspector: mortal.wrap(
        {
          ...base.inspector,
          mayCheckpoint: async () => true,
          hasReplicationAttribute: async () => true,
          tablespaceLocations: async () => [],
          createPhysicalSlot: async (connection, name) => createSlot(serverOf(connection), name),
          dropSlot: async (connection, name) => dropSlot(serverOf(connection), name),
        },
        ['createPhysicalSlot', 'dropSlot'],
      ),
      metadata: mortal.wrap(
        {
          ...base.metadata,
          setSlotName: async (_, nodeId, name) => {
            this.cluster.change(nodeId, { slotName: name });
            return true;
          },
          recordStandby: async (_, nodeId, upstreamNodeId) => {
            this.cluster.change(nodeId, { type: 'standby', active: true, upstreamNodeId });
            return true;
          },
        },
        ['setSlotName', 'recordStandby', 'insertEvent'],
      ),
      localServer: ({ data_directory: directory }) => this.#serverOf(directory, mortal),
    };
  }

  /** Configures a copy that is not in its place yet. */
  #serverOf(directory: string, mortal: Mortal): LocalServer {
    if (directory === this.data) return this.localServer(mortal);
    return mortal.wrap(
      partialPort<LocalServer>('LocalServer', {
        dataDirectory: directory,
        writeReplicationConfiguration: async ({ primaryConninfo }) =>
          writeFileSync(join(directory, 'postgresql.auto.conf'), primaryConninfo ?? ''),
        writeStandbySignal: async () => writeFileSync(join(directory, 'standby.signal'), ''),
      }),
      ['writeReplicationConfiguration', 'writeStandbySignal'],
    );
  }

  #server(): LocalServer {
    const inData = (name: string): string => join(this.data, name);
    return partialPort<LocalServer>('LocalServer', {
      dataDirectory: this.data,
      majorVersion: async () => (existsSync(inData('PG_VERSION')) ? 15 : undefined),
      processState: async () =>
        this.isRunning ? { kind: 'running', pid: 7, statusLine: 'standby' } : { kind: 'absent' },
      controlData: async () => partialPort<ControlData>('ControlData', { walSegmentSizeBytes: 16_777_216 }),
      describe: (action) => `pg_ctl ${action}`,
      hasServiceCommand: () => false,
      removeRecycledPidFile: async () => {},
      hasStandbySignal: async () => existsSync(inData('standby.signal')),
      writeStandbySignal: async () => writeFileSync(inData('standby.signal'), ''),
      removeStandbySignal: async () => rmSync(inData('standby.signal')),
      autoConfValue: async () => undefined,
      writeReplicationConfiguration: async ({ primaryConninfo }) =>
        writeFileSync(inData('postgresql.auto.conf'), primaryConninfo ?? ''),
      start: async () => {
        this.isRunning = true;
        writeFileSync(inData('postmaster.opts'), '');
        this.#readConfiguration();
      },
      stop: async () => {
        this.isRunning = false;
        this.#upstream = null;
        this.#attach();
      },
      reload: async () => this.#readConfiguration(),
      restart: async () => this.#readConfiguration(),
    });
  }

  #readConfiguration(): void {
    const text = readFileSync(join(this.data, 'postgresql.auto.conf'), 'utf8');
    const port = /port=(\d+)/.exec(text)?.[1];
    const isGood = ['copy', 'rewound'].includes(this.contentOf() ?? '');
    this.#upstream = isGood ? Number(port) - 55_200 : null;
    this.#attach();
  }

  /** Streams from whom it was told to; its slot there is in use then. */
  #attach(): void {
    for (const id of [2, 3]) {
      const server = this.cluster.server(id);
      const isUpstream = this.#upstream === id;
      server.replicationRows = [];
      if (isUpstream) server.attach('node1');
      server.slots = server.slots.map((slot) => ({ ...slot, active: isUpstream }));
    }
  }

  #backup(): BackupSource {
    return partialPort<BackupSource>('BackupSource', {
      basebackup: async ({ args }) => {
        this.fill(targetOf(args), 'copy', 'port = 2');
        return { kind: 'completed', durationMs: 1 };
      },
    });
  }

  #rewind(): Rewind {
    return {
      rewind: async () => {
        this.fill(this.data, 'rewound', 'port = 2');
        return { kind: 'completed', wasNeeded: true, durationMs: 1 };
      },
    };
  }
}

function targetOf(args: readonly string[]): string {
  return args[args.indexOf('-D') + 1] ?? '';
}

/** What is left of a removal that was interrupted: everything but the first entry. */
function removeSome(path: string): void {
  const [first] = existsSync(path) ? readdirSync(path) : [];
  if (first !== undefined) rmSync(join(path, first), { recursive: true });
}

function serverOf(connection: Connection): FakeServer {
  return (connection as FakeConnection).server;
}

function createSlot(server: FakeServer, name: string): 'created' | 'reused' {
  if (server.slots.some((slot) => slot.slotName === name)) return 'reused';
  const slot = { slotName: name, slotType: 'physical', active: false } as (typeof server.slots)[number];
  server.slots = [...server.slots, slot];
  return 'created';
}

function dropSlot(server: FakeServer, name: string): 'dropped' | 'absent' | 'active' {
  const slot = server.slots.find((candidate) => candidate.slotName === name);
  if (slot === undefined) return 'absent';
  if (slot.active) return 'active';
  server.slots = server.slots.filter((candidate) => candidate !== slot);
  return 'dropped';
}

export const ownSlot = slotName;
