import { effectiveLeaseMs } from '../src/config/effective-settings.ts';
import { loadSettings } from '../src/config/load-settings.ts';
import { OperationFailed } from '../src/domain/errors/repmgr-error.ts';
import type { ClusterNode } from './cluster-node.ts';
import { protocolObstacle } from './daemon-status.ts';
import { DoublePrimaryWatch } from './double-primary-watch.ts';
import type { NetworkNamespaces } from './network-namespaces.ts';
import { type NodeState, stateOf } from './node-state.ts';
import { type ClusterParts, planCluster, type TestClusterOptions } from './plan-cluster.ts';
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';
import { WritingClient } from './writing-client.ts';

export interface RecordedEvent {
  readonly nodeId: number;
  readonly event: string;
  readonly successful: boolean;
  readonly at: Date;
  readonly details: string;
}

/**
 * A cluster of real PostgreSQL servers, set up and run by the real programs `repmgr` and `repmgrd`, in a
 * temporary folder that goes away with this process.
 */
export class TestCluster {
  readonly folder: TemporaryFolder;
  readonly nodes: readonly ClusterNode[];
  readonly network: NetworkNamespaces | undefined;
  readonly #options: TestClusterOptions;

  private constructor(options: TestClusterOptions, folder: TemporaryFolder, parts: ClusterParts) {
    this.#options = options;
    this.folder = folder;
    this.nodes = parts.nodes;
    this.network = parts.network;
  }

  /** Folders, addresses, ports and configuration files; nothing runs yet. */
  static async prepare(options: TestClusterOptions = {}): Promise<TestCluster> {
    const folder = createTemporaryFolder();
    try {
      return new TestCluster(options, folder, await planCluster(options, folder));
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  /** A complete cluster with all daemons at work. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const cluster = await TestCluster.prepare(options);
    try {
      await cluster.createDatabases();
      cluster.startDaemons();
      await cluster.waitUntilHealthy();
      return cluster;
    } catch (error) {
      await cluster.destroy();
      throw error;
    }
  }

  node(id: number): ClusterNode {
    const node = this.nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new OperationFailed(`there is no node ${id} in this cluster`);
    return node;
  }

  /** All servers run and are registered; no daemon runs. */
  async createDatabases(): Promise<void> {
    await this.createPrimary();
    for (const node of this.nodes.slice(1)) await this.createStandby(node);
    if (this.#options.synchronous === true) await this.makeSynchronous();
  }

  /** initdb, role and database `repmgr`, `primary register`. */
  async createPrimary(): Promise<ClusterNode> {
    const node = this.node(1);
    const { postgresSettings: settings = {}, walSegmentMb } = this.#options;
    await node.createDatabase({ settings, ...(walSegmentMb === undefined ? {} : { walSegmentMb }) });
    await node.postgres.start();
    await node.postgres.query('CREATE ROLE repmgr SUPERUSER LOGIN');
    await node.postgres.query('CREATE DATABASE repmgr OWNER repmgr');
    await node.mustRepmgr(['primary', 'register']);
    return node;
  }

  /** `standby clone` from node 1 (which shall not spread its checkpoint over minutes), start, `standby register`. */
  async createStandby(node: ClusterNode): Promise<void> {
    const { address } = this.node(1).machine;
    const source = ['-h', address, '-p', String(this.node(1).port), '-U', 'repmgr', '-d', 'repmgr'];
    await node.mustRepmgr([...source, '--fast-checkpoint', 'standby', 'clone']);
    node.adoptDatabase();
    await node.postgres.start();
    await node.mustRepmgr(['standby', 'register']);
  }

  /** From now on a commit is confirmed when one of the other nodes has it, whichever node is primary. */
  async makeSynchronous(): Promise<void> {
    const names = this.nodes.map((node) => node.name).join(', ');
    for (const node of this.nodes) {
      node.postgres.setHostSetting('synchronous_standby_names', `ANY 1 (${names})`);
      await node.postgres.reload();
    }
  }

  startDaemons(): void {
    for (const node of this.nodes) node.startDaemon();
  }

  /** Every daemon at work, one primary, all others streaming from it. */
  async waitUntilHealthy(timeoutMs = 30_000): Promise<ClusterNode> {
    const primary = await this.waitForPrimary({ timeoutMs });
    let obstacle: string | undefined;
    await waitFor(
      async () => {
        obstacle = await protocolObstacle(this.nodes, primary);
        return obstacle === undefined;
      },
      {
        what: `all daemons to stand behind ${primary.name}`,
        timeoutMs,
        intervalMs: 100,
        describe: async () => `${obstacle}\n${await this.describe()}`,
      },
    );
    for (const node of this.nodes) {
      if (node !== primary) await this.waitForStandbyStreaming(node, { primary, timeoutMs });
    }
    return primary;
  }

  /** The one node that is out of recovery; with `except`, another than that. */
  async waitForPrimary(options: { except?: ClusterNode; timeoutMs?: number } = {}): Promise<ClusterNode> {
    const { except, timeoutMs = 30_000 } = options;
    return waitFor(
      async () => {
        const states = await this.status();
        const found = states.filter(({ postgres, name }) => postgres === 'primary' && name !== except?.name);
        return found.length === 1 ? this.nodes.find((node) => node.name === found[0]?.name) : undefined;
      },
      // Each look opens a connection to every server, which must not slow down what is being measured.
      { what: 'one primary', timeoutMs, intervalMs: 100, describe: () => this.describe() },
    );
  }

  /** `node` streams from `primary`, and from nowhere else. */
  async waitForStandbyStreaming(
    node: ClusterNode,
    options: { primary: ClusterNode; timeoutMs?: number },
  ): Promise<void> {
    const { primary, timeoutMs = 30_000 } = options;
    const sql = `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'`;
    await waitFor(
      async () =>
        (await node.postgres.isInRecovery()) && (await primary.postgres.query(sql, [node.name])).length === 1,
      {
        what: `${node.name} to stream from ${primary.name}`,
        timeoutMs,
        intervalMs: 50,
        describe: async () => `${await this.describe()}\n${node.postgres.logTail()}`,
      },
    );
  }

  /** The latest recorded event of one of these names. */
  async waitForEvent(
    names: readonly string[],
    options: { sinceMs?: number; timeoutMs?: number; nodeId?: number } = {},
  ): Promise<RecordedEvent> {
    const { sinceMs = 0, timeoutMs = 30_000, nodeId } = options;
    return waitFor(
      async () =>
        (await this.events()).findLast(
          (event) =>
            names.includes(event.event) &&
            event.at.getTime() >= sinceMs &&
            (nodeId === undefined || event.nodeId === nodeId),
        ),
      { what: `event ${names.join(' or ')}`, timeoutMs, intervalMs: 100, describe: () => this.describe() },
    );
  }

  /** `repmgr.events` as the present primary has it, oldest first. */
  async events(): Promise<RecordedEvent[]> {
    const primary = await this.waitForPrimary();
    return primary.postgres.query<RecordedEvent>(
      `SELECT node_id AS "nodeId", event, successful, event_timestamp AS at, coalesce(details, '') AS details
         FROM repmgr.events ORDER BY event_timestamp`,
      [],
      { database: 'repmgr' },
    );
  }

  async status(): Promise<NodeState[]> {
    return Promise.all(this.nodes.map(stateOf));
  }

  /** What a user would see; from the first node whose PostgreSQL answers. */
  async clusterShow(args: readonly string[] = []): Promise<string> {
    const states = await this.status();
    const node = this.nodes.find((_, index) => states[index]?.postgres !== 'down') ?? this.node(1);
    const result = await node.repmgr(['cluster', 'show', ...args]);
    return result.stdout;
  }

  /** The lease that the configuration files ask for. */
  async leaseMs(): Promise<number> {
    return effectiveLeaseMs(
      await loadSettings({ configFile: this.node(1).configFile, cwd: this.folder.path }),
    );
  }

  newWriter(options: { intervalMs?: number } = {}): WritingClient {
    const endpoints = this.nodes.map((node) => ({ host: node.machine.address, port: node.port }));
    return new WritingClient({ endpoints, user: 'postgres', database: 'postgres', ...options });
  }

  /** With `inside` it asks each server through its socket file, which no cut cable keeps it from. */
  newWatch(options: { inside?: boolean } = {}): DoublePrimaryWatch {
    return new DoublePrimaryWatch(
      this.nodes.map(({ name, machine, port }) => {
        return { node: name, host: options.inside === true ? machine.folder : machine.address, port };
      }),
    );
  }

  /** Creates the tables of writer and watch. */
  async prepareInstruments(): Promise<void> {
    const primary = await this.waitForPrimary();
    await WritingClient.prepare(primary.postgres, 'postgres');
    await DoublePrimaryWatch.prepare(primary.postgres);
  }

  /** Everything that helps to see why something didn't happen. */
  async describe(): Promise<string> {
    const states = (await this.status()).map((state) => JSON.stringify(state));
    const logs = this.nodes.map((node) => `--- ${node.daemonLog}\n${node.daemonLogTail()}`);
    return [...states, ...logs].join('\n');
  }

  async destroy(): Promise<void> {
    this.network?.heal();
    await this.folder.remove();
    this.network?.destroy();
  }
}
