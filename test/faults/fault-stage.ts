import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import type { DoublePrimaryWatch } from '../../lab/double-primary-watch.ts';
import type { NetworkNamespaces } from '../../lab/network-namespaces.ts';
import type { TestCluster } from '../../lab/test-cluster.ts';
import { waitFor } from '../../lab/wait-for.ts';
import type { WritingClient } from '../../lab/writing-client.ts';
import { OperationFailed } from '../../src/domain/errors/repmgr-error.ts';

/** A cluster that takes longer to heal is taken to need somebody. */
const healingLimitMs = 120_000;

export interface FaultStageParts {
  readonly cluster: TestCluster;
  readonly network: NetworkNamespaces;
  readonly writer: WritingClient;
  readonly watch: DoublePrimaryWatch;
  /** The primary before the fault. */
  readonly primary: ClusterNode;
  readonly leaseMs: number;
}

/** What a scenario plays on: a healthy cluster under load, and the marks of when the fault began and ended. */
export class FaultStage implements FaultStageParts {
  readonly cluster: TestCluster;
  readonly network: NetworkNamespaces;
  readonly writer: WritingClient;
  readonly watch: DoublePrimaryWatch;
  readonly primary: ClusterNode;
  readonly leaseMs: number;
  readonly #complaints: string[] = [];
  #struckMs: number | undefined;
  #mendedMs: number | undefined;

  constructor(parts: FaultStageParts) {
    this.cluster = parts.cluster;
    this.network = parts.network;
    this.writer = parts.writer;
    this.watch = parts.watch;
    this.primary = parts.primary;
    this.leaseMs = parts.leaseMs;
  }

  /** The nodes that were standbys before the fault. */
  get standbys(): ClusterNode[] {
    return this.cluster.nodes.filter((node) => node !== this.primary);
  }

  /** performance.now() of the (first) fault. */
  get struckMs(): number {
    if (this.#struckMs === undefined) throw new OperationFailed('this scenario has no fault');
    return this.#struckMs;
  }

  /** performance.now() of when the last fault was undone, or struck if it is none that could be undone. */
  get mendedMs(): number {
    return this.#mendedMs ?? this.struckMs;
  }

  /** What a scenario found wrong by itself. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  complain(text: string): void {
    this.#complaints.push(text);
  }

  /** Does the damage. */
  async strike(fault: () => unknown): Promise<void> {
    this.#struckMs ??= performance.now();
    await fault();
  }

  /** Undoes the damage, as far as that is somebody else's business: power, cables, disk space, passwords. */
  async mend(cure: () => unknown): Promise<void> {
    await cure();
    this.#mendedMs = performance.now();
  }

  /** How long a fault goes on: the only thing in a scenario that is a length of time. */
  async faultLasts(ms: number): Promise<void> {
    await sleep(ms);
  }

  /** Another node than `old` is primary, and clients write to it. */
  async newPrimary(old: ClusterNode = this.primary, timeoutMs = 60_000): Promise<ClusterNode> {
    const winner = await this.cluster.waitForPrimary({ except: old, timeoutMs });
    await this.writing(timeoutMs);
    return winner;
  }

  /** A row that is sent from now on is acknowledged. */
  async writing(timeoutMs = 60_000): Promise<void> {
    const sinceMs = performance.now();
    await waitFor(() => this.writer.firstAcknowledgedAfter(sinceMs) !== undefined, {
      what: 'the client to write',
      timeoutMs,
      describe: () => this.cluster.describe(),
    });
  }

  /** Every node attached and up to date, every daemon in its place, and clients write. */
  async healthy(timeoutMs = healingLimitMs): Promise<ClusterNode> {
    const primary = await this.cluster.waitUntilHealthy(timeoutMs);
    await this.writing(timeoutMs);
    await this.upToDate(primary, timeoutMs);
    return primary;
  }

  /** Waits for `condition`, looking every few milliseconds, to strike in the middle of something. */
  async when(what: string, condition: () => Promise<boolean> | boolean, timeoutMs = 60_000): Promise<void> {
    await waitFor(condition, { what, timeoutMs, intervalMs: 2, describe: () => this.cluster.describe() });
  }

  /** A standby may count as streaming over a connection that has gone silent; WAL that arrives proves it. */
  private async upToDate(primary: ClusterNode, timeoutMs: number): Promise<void> {
    const [now] = await primary.postgres.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
    const sql = 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS is_there';
    const standbys = this.cluster.nodes.filter((node) => node !== primary);
    for (const { name, postgres } of standbys) {
      await waitFor(
        async () => (await postgres.query<{ is_there: boolean }>(sql, [now?.lsn]))[0]?.is_there === true,
        { what: `WAL to reach ${name}`, timeoutMs, describe: () => this.cluster.describe() },
      );
    }
  }
}
