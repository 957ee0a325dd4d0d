import type { Lsn } from '../domain/lsn.ts';
import type { NodeId } from '../domain/node.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { Connection } from '../ports/connection.ts';
import type { ReplicationRow } from '../ports/server-inspector.ts';

/** How often pg_stat_replication is read while a round is not confirmed yet. */
const lookMs = 25;
const connectLimitMs = 1_000;

export interface WalRound {
  readonly sentAtMs: number;
  /** Whose standbys can confirm it, by the `application_name` under which they stream. */
  readonly standbys: ReadonlyMap<string, NodeId>;
  /** How long a confirmation is of use to anybody. */
  readonly timeoutMs: number;
  readonly onFlushed: (nodeId: NodeId) => void;
}

interface Written extends WalRound {
  readonly lsn: Lsn;
  readonly untilMs: number;
  readonly confirmed: Set<NodeId>;
}

export interface WalRoundsOptions {
  readonly adapters: Pick<Adapters, 'clock' | 'connections' | 'inspector'>;
  readonly conninfo: () => string;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Writes a record into the WAL of the local primary and tells whose standbys have flushed it (failover.md §4). Has a
 * connection of its own, so that nobody else waits for a disk that hangs.
 */
export class WalRounds {
  private readonly options: WalRoundsOptions;
  private connection: Connection | undefined;
  private written: Written[] = [];
  private isWriting = false;
  private isLooking = false;
  private readonly closing = new AbortController();

  constructor(options: WalRoundsOptions) {
    this.options = options;
  }

  /** Returns at once. While an earlier record is not on disk yet, none is added. */
  write(round: WalRound): void {
    if (this.isWriting || this.closing.signal.aborted) return;
    this.isWriting = true;
    void this.writeOnce(round)
      .catch((error: unknown) => this.giveUp(error))
      .finally(() => {
        this.isWriting = false;
      });
  }

  /** Opens the connection ahead of the first round. */
  async prepare(): Promise<void> {
    await this.connect(connectLimitMs);
  }

  close(): void {
    this.closing.abort();
    this.written = [];
    this.connection?.destroy();
  }

  private async writeOnce(round: WalRound): Promise<void> {
    const { clock, inspector } = this.options.adapters;
    const untilMs = round.sentAtMs + round.timeoutMs;
    const connection = await this.connect(
      Math.max(50, Math.min(connectLimitMs, untilMs - clock.monotonicMs())),
    );
    const lsn = await inspector.writeWalMark(connection);
    if (lsn === null) return;
    this.written.push({ ...round, lsn, untilMs, confirmed: new Set() });
    if (!this.isLooking) this.lookUntilConfirmed(connection);
  }

  private async connect(timeoutMs: number): Promise<Connection> {
    if (this.connection?.isOpen() === true) return this.connection;
    const { connections, inspector } = this.options.adapters;
    const { signal } = this.closing;
    const connection = await connections.connect(this.options.conninfo(), { timeoutMs, signal });
    this.connection = connection;
    await inspector.prepareWalMarks(connection);
    return connection;
  }

  private lookUntilConfirmed(connection: Connection): void {
    this.isLooking = true;
    void this.look(connection)
      .catch((error: unknown) => this.giveUp(error))
      .finally(() => {
        this.isLooking = false;
      });
  }

  private async look(connection: Connection): Promise<void> {
    const { clock, inspector } = this.options.adapters;
    for (;;) {
      this.confirm(await inspector.replicationRows(connection));
      const nowMs = clock.monotonicMs();
      this.written = this.written.filter(
        (round) => nowMs < round.untilMs && round.confirmed.size < round.standbys.size,
      );
      if (this.written.length === 0) return;
      await clock.sleep(lookMs, this.closing.signal);
    }
  }

  private confirm(rows: readonly ReplicationRow[]): void {
    const flushed = flushedBy(rows);
    for (const round of this.written) {
      for (const [name, nodeId] of round.standbys) {
        const lsn = flushed.get(name) ?? null;
        if (lsn === null || lsn < round.lsn || round.confirmed.has(nodeId)) continue;
        round.confirmed.add(nodeId);
        round.onFlushed(nodeId);
      }
    }
  }

  private giveUp(error: unknown): void {
    this.connection?.destroy();
    this.connection = undefined;
    this.written = [];
    if (!this.closing.signal.aborted) this.options.onTrouble(error);
  }
}

/** Of two sessions under one name, neither counts: only one of them can be the node. */
function flushedBy(rows: readonly ReplicationRow[]): ReadonlyMap<string, Lsn | null> {
  const flushed = new Map<string, Lsn | null>();
  for (const { applicationName, flushLsn } of rows)
    flushed.set(applicationName, flushed.has(applicationName) ? null : flushLsn);
  return flushed;
}
