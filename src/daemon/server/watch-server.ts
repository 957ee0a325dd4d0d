import type { ServerObservation } from '../../decisions/failover/state.ts';
import { ConnectionFailed } from '../../domain/errors/repmgr-error.ts';
import { type Lsn, maxLsn } from '../../domain/lsn.ts';
import type { NodeId } from '../../domain/node.ts';
import type { WalEnd } from '../../domain/reign.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import { isHalfRewound } from '../../operations/rewind-marker.ts';
import type { Connection } from '../../ports/connection.ts';
import type { WalPositions } from '../../ports/server-inspector.ts';
import { messageOf, type Node, operationContext } from '../node.ts';
import { FlushProgress } from './flush-progress.ts';
import { isReceiverHeld } from './hold-receiver.ts';
import { isSilence } from './probe-server.ts';
import { createForkReader } from './read-fork.ts';
import { RefusalReporter } from './tell-refusal.ts';

const connectLimitMs = 1_500;
const queryLimitMs = 2_000;
/** A look takes a millisecond or two: this long without an answer, and something may be wrong. */
const lateMs = 500;
const reconnectMs = 25;
const reconnectSlowlyMs = 500;
/** How long after a loss the server is looked at closely. */
const closeLookMs = 2_000;
const readingDelayMs = 300;

/** How long what was read of configuration files is good for. */
const filesReadMs = 2_000;

interface ReplicationFiles {
  readonly primaryConninfo: string | undefined;
  readonly isReceiverHeld: boolean;
  readonly generation: number;
  readonly readAtMs: number;
}

const controlReadMs = 5_000;

interface StoppedServer {
  readonly wasShutDown: boolean;
  readonly generation: number;
  readonly readAtMs: number;
}

export interface ServerSighting {
  readonly server: ServerObservation;
  /** When WAL last arrived from the upstream; null when it has not moved since the watch began. */
  readonly walMovedAtMs: number | null;
}

export interface WatchOptions {
  readonly onSighting: (sighting: ServerSighting) => void;
  /** A look over the open connection is under way and has had no answer for a while. */
  readonly onLate: () => void;
  /** Which node a primary_conninfo leads to. */
  readonly upstreamOf: (primaryConninfo: string | undefined) => NodeId | null;
  /** How often to look while nothing happens. */
  readonly intervalMs: () => number;
}

/**
 * Looks at the local PostgreSQL: regularly over one connection, and at once when that connection is lost. A
 * lost connection alone proves nothing; the process table and the control file say what happened.
 */
export class ServerWatch {
  private readonly node: Node;
  private readonly options: WatchOptions;
  private connection: Connection | undefined;
  private looking: Promise<void> | undefined;
  private isLookWanted = false;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private generation = 0;
  private lostAtMs = Number.NEGATIVE_INFINITY;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private receivedLsn: Lsn | null = null;
  private receivedTimeline: TimelineId | null = null;
  private movedAtMs: number | null = null;
  private endOnDisk: WalEnd | null = null;
  private files: ReplicationFiles | undefined;
  private stopped: StoppedServer | undefined;
  private readonly refusals: RefusalReporter;
  private readonly flushProgress = new FlushProgress();
  private readonly forkOf: (timeline: TimelineId) => Promise<WalEnd | null>;

  constructor(node: Node, options: WatchOptions) {
    this.node = node;
    this.options = options;
    this.refusals = new RefusalReporter(node);
    this.forkOf = createForkReader(node);
  }

  /** The open connection to the local server, if there is one. */
  get current(): Connection | undefined {
    return this.connection?.isOpen() === true ? this.connection : undefined;
  }

  /** When WAL was last seen to have come from the upstream; null before it was seen at all. */
  get walMovedAtMs(): number | null {
    return this.movedAtMs;
  }

  /** Looks now, or as soon as the look under way has ended. */
  look(): Promise<void> {
    if (this.looking !== undefined) {
      this.isLookWanted = true;
      return this.looking;
    }
    clearTimeout(this.timer);
    this.lookedAtMs = this.node.adapters.clock.monotonicMs();
    this.looking = this.lookOnce().finally(() => {
      this.looking = undefined;
      if (this.isStopped) return;
      if (this.isLookWanted) {
        this.isLookWanted = false;
        void this.look();
        return;
      }
      this.lookLater();
    });
    return this.looking;
  }

  /** All is well: what was seen less than `maxAgeMs` ago need not be seen again yet. */
  lookIfOlderThan(maxAgeMs: number): void {
    if (this.current === undefined) return;
    const isOld = this.node.adapters.clock.monotonicMs() >= this.lookedAtMs + maxAgeMs;
    if (isOld) void this.look();
    else if (this.looking === undefined) this.lookLater();
  }

  /** Something was done to the server: what a look begun before has seen is void. */
  lookAfresh(): Promise<void> {
    this.generation += 1;
    return this.look();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.looking;
    await this.connection?.close();
  }

  /** What was known of the WAL is void: the data directory was exchanged or rewound. */
  forget(): void {
    this.receivedLsn = null;
    this.receivedTimeline = null;
    this.endOnDisk = null;
    this.connection?.destroy();
    this.connection = undefined;
  }

  /** The conninfo has changed: the next look is over a new connection. */
  reconnect(): void {
    const former = this.connection;
    this.connection = undefined;
    former?.destroy();
    void this.lookAfresh();
  }

  /** Reads the end of WAL now; null when it can't be told. */
  async readWalEnd(): Promise<WalEnd | null> {
    const connection = this.current;
    if (connection === undefined) return null;
    const positions = await this.positions(connection);
    if (positions.recoveryState === 'primary') return this.endOfPrimary(positions);
    this.noteReceived(positions);
    return this.endOfStandby(positions);
  }

  /** The end of WAL of the stopped server, as somebody else has read it. */
  knowEndOnDisk(end: WalEnd | null): void {
    this.endOnDisk = end;
  }

  private lookLater(): void {
    clearTimeout(this.timer);
    if (!this.isStopped) this.timer = setTimeout(() => void this.look(), this.pauseMs());
  }

  private pauseMs(): number {
    if (this.current !== undefined) return this.options.intervalMs();
    const sinceLossMs = this.node.adapters.clock.monotonicMs() - this.lostAtMs;
    return sinceLossMs < closeLookMs ? reconnectMs : reconnectSlowlyMs;
  }

  private async lookOnce(): Promise<void> {
    const { generation } = this;
    const server = await this.observe();
    if (!this.isStopped && generation === this.generation)
      this.options.onSighting({ server, walMovedAtMs: this.movedAtMs });
  }

  private async observe(): Promise<ServerObservation> {
    try {
      const connection = await this.connect();
      const positions = await this.positions(connection);
      this.refusals.answered();
      return await this.describe(positions);
    } catch (error) {
      this.connection?.destroy();
      this.connection = undefined;
      return this.describeUnreachable(error);
    }
  }

  private async connect(): Promise<Connection> {
    const open = this.current;
    if (open !== undefined) return open;
    const { adapters, settings, ending } = this.node;
    const connection = await adapters.connections.connect(settings.settings.conninfo, {
      timeoutMs: connectLimitMs,
      signal: ending,
    });
    this.connection = connection;
    this.endOnDisk = null;
    this.stopped = undefined;
    void connection.lost.then(() => {
      if (this.connection !== connection || this.isStopped) return;
      this.lostAtMs = adapters.clock.monotonicMs();
      void this.look();
    });
    return connection;
  }

  private async positions(connection: Connection): Promise<WalPositions> {
    const late = setTimeout(() => this.options.onLate(), lateMs);
    let limit: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        this.node.adapters.inspector.walPositions(connection),
        new Promise<never>((_, reject) => {
          const error = new ConnectionFailed(`no answer within ${queryLimitMs} ms`, { isSilent: true });
          limit = setTimeout(() => reject(error), queryLimitMs);
        }),
      ]);
    } finally {
      clearTimeout(late);
      clearTimeout(limit);
    }
  }

  private async describe(positions: WalPositions): Promise<ServerObservation> {
    const isPrimary = positions.recoveryState === 'primary';
    if (!isPrimary) this.noteReceived(positions);
    const files = isPrimary ? undefined : await this.replicationFiles();
    return {
      verdict: 'up',
      recoveryState: positions.recoveryState,
      walEnd: isPrimary ? this.endOfPrimary(positions) : await this.endOfStandby(positions),
      isWalStuck: isPrimary && this.flushProgress.isStuck(positions, this.node.adapters.clock.monotonicMs()),
      fork: isPrimary ? await this.forkOf(positions.timeline) : null,
      applyDelay: positions.applyDelay ?? null,
      isReceiverActive: positions.walReceiver !== null,
      isReceiverHeld: files?.isReceiverHeld ?? false,
      upstream: files === undefined ? null : this.options.upstreamOf(files.primaryConninfo),
      wasShutDown: false,
    };
  }

  /** Changed by this daemon's own operations, after which it looks afresh, or else by hand. */
  private async replicationFiles(): Promise<ReplicationFiles> {
    const { node, generation, files } = this;
    const nowMs = node.adapters.clock.monotonicMs();
    if (files?.generation === generation && nowMs < files.readAtMs + filesReadMs) return files;
    const [primaryConninfo, isHeld] = await Promise.all([
      node.localServer.autoConfValue('primary_conninfo'),
      isReceiverHeld(node),
    ]);
    this.files = { primaryConninfo, isReceiverHeld: isHeld, generation, readAtMs: nowMs };
    return this.files;
  }

  /** The control file of a server that doesn't run changes only by starting it. */
  private async wasShutDown(): Promise<boolean> {
    const { node, generation, stopped } = this;
    const nowMs = node.adapters.clock.monotonicMs();
    if (stopped?.generation === generation && nowMs < stopped.readAtMs + controlReadMs)
      return stopped.wasShutDown;
    const { state } = await node.localServer.controlData();
    const wasShutDown = state === 'shut down' || state === 'shut down in recovery';
    this.stopped = { wasShutDown, generation, readAtMs: nowMs };
    return wasShutDown;
  }

  private noteReceived({ receivedLsn, walReceiver }: WalPositions): void {
    if (walReceiver?.receivedTimeline != null) this.receivedTimeline = walReceiver.receivedTimeline;
    if (receivedLsn === null || receivedLsn === this.receivedLsn) return;
    // The very first reading says nothing of when it moved, so it counts as now: the careful side.
    this.movedAtMs = this.node.adapters.clock.monotonicMs();
    this.receivedLsn = receivedLsn;
  }

  private endOfPrimary({ flushLsn, timeline }: WalPositions): WalEnd | null {
    return flushLsn === null ? null : { timeline, lsn: flushLsn };
  }

  /**
   * Received WAL counts once the receiver has run since the server's start; before that what lies in pg_wal may
   * be more than what was replayed, so the disk is read (failover.md §6).
   */
  private async endOfStandby(positions: WalPositions): Promise<WalEnd | null> {
    const { receivedLsn, replayedLsn, timeline } = positions;
    if (receivedLsn === null) {
      this.endOnDisk ??= (await this.node.localServer.endOfWal()) ?? null;
      const { endOnDisk } = this;
      if (endOnDisk === null || replayedLsn === null) return endOnDisk;
      return { timeline: endOnDisk.timeline, lsn: maxLsn(endOnDisk.lsn, replayedLsn) };
    }
    const received = Math.max(this.receivedTimeline ?? 0, timeline) as TimelineId;
    if (replayedLsn === null) return { timeline: received, lsn: receivedLsn };
    const isSwitching = received > timeline && receivedLsn < replayedLsn;
    const end = { timeline: received, lsn: maxLsn(receivedLsn, replayedLsn) };
    return isSwitching ? { ...end, isSwitching } : end;
  }

  /** Of a half-rewound directory the WAL says nothing: it stands for no position, and nobody is elected by it. */
  private async endOfStopped(): Promise<WalEnd | null> {
    const { node } = this;
    if (await isHalfRewound(operationContext(node))) return null;
    return (await node.localServer.endOfWal()) ?? null;
  }

  /** Nobody answers: is it gone, or is it alive and not to be asked now? */
  private async describeUnreachable(error: unknown): Promise<ServerObservation> {
    const base = { recoveryState: null, isReceiverActive: false, isReceiverHeld: false, upstream: null };
    const { localServer, log } = this.node;
    try {
      if ((await localServer.processState()).kind === 'running') {
        this.stopped = undefined;
        this.refusals.refused(error);
        const isSilent = isSilence(error);
        return { ...base, verdict: 'busy', isSilent, walEnd: null, wasShutDown: false };
      }
      this.refusals.forget();
      const wasShutDown = await this.wasShutDown();
      const isRecent = this.node.adapters.clock.monotonicMs() - this.lostAtMs < readingDelayMs;
      // Right after a loss the daemon's own assessment reads the disk; nothing may delay the news.
      if (!isRecent) this.endOnDisk ??= await this.endOfStopped();
      return { ...base, verdict: 'gone', walEnd: this.endOnDisk, wasShutDown };
    } catch (cause) {
      log.debug('the state of the local PostgreSQL is not known', {
        detail: `${messageOf(error)}; ${messageOf(cause)}`,
      });
      return { ...base, verdict: 'unknown', walEnd: null, wasShutDown: false };
    }
  }
}
