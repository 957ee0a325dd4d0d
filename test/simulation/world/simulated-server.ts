import type { ServerObservation } from '../../../src/decisions/failover/state.ts';
import type { Lsn } from '../../../src/domain/lsn.ts';
import type { NodeId, RecoveryState } from '../../../src/domain/node.ts';
import type { WalEnd } from '../../../src/domain/reign.ts';
import type { TimelineId } from '../../../src/domain/timeline.ts';

/** As a daemon sees one that answers nothing. */
export const silentServer: ServerObservation = {
  verdict: 'busy',
  isSilent: true,
  recoveryState: null,
  walEnd: null,
  isReceiverActive: false,
  isReceiverHeld: false,
  upstream: null,
  wasShutDown: false,
};

/** A stretch of WAL written by one primary; `branch` is unique in the run, timeline numbers need not be. */
interface Branch {
  readonly branch: number;
  readonly timeline: TimelineId;
  readonly fromLsn: bigint;
  /** The server that writes it. */
  readonly writer: NodeId;
}

let branches = 0;

/** PostgreSQL as far as the protocol can tell: WAL with its history, recovery, a receiver, standby.signal. */
export class SimulatedServer {
  isRunning = true;
  /** `all`: stopped by a signal, it answers nothing. `writes`: storage that takes none; reads are answered. */
  hang: 'none' | 'all' | 'writes' = 'none';
  /** Rises with each end: what hung in an earlier life is dead. */
  lives = 0;
  recoveryState: RecoveryState;
  hasStandbySignal: boolean;
  wasShutDown = false;
  /** What it had while it was down last. */
  endWhenStopped: WalEnd | null = null;
  endLsn = 1_000n;
  history: readonly Branch[];
  /** Where primary_conninfo points. */
  upstream: NodeId | null;
  isReceiverHeld = false;
  isStreaming = false;
  /** What was received since the server's start; null when nothing was. */
  receivedLsn: bigint | null = null;

  constructor(recoveryState: RecoveryState, upstream: NodeId | null, history: readonly Branch[]) {
    this.recoveryState = recoveryState;
    this.hasStandbySignal = recoveryState === 'standby';
    this.upstream = upstream;
    this.history = history;
  }

  static firstHistory(): readonly Branch[] {
    branches += 1;
    return [{ branch: branches, timeline: 1 as TimelineId, fromLsn: 0n, writer: 1 as NodeId }];
  }

  get timeline(): TimelineId {
    return this.history.at(-1)?.timeline ?? (1 as TimelineId);
  }

  /** Also one that hangs: it would take writes as soon as it goes on. */
  get isWritable(): boolean {
    return this.isRunning && this.recoveryState === 'primary';
  }

  get answers(): boolean {
    return this.isRunning && this.hang !== 'all';
  }

  get takesWrites(): boolean {
    return this.isWritable && this.hang === 'none';
  }

  get walEnd(): { timeline: TimelineId; lsn: Lsn } {
    return { timeline: this.timeline, lsn: this.endLsn as Lsn };
  }

  write(bytes: bigint): void {
    this.endLsn += bytes;
  }

  promote(timeline: TimelineId, writer: NodeId): void {
    branches += 1;
    this.history = [...this.history, { branch: branches, timeline, fromLsn: this.endLsn, writer }];
    this.recoveryState = 'primary';
    this.hasStandbySignal = false;
    this.isStreaming = false;
    this.upstream = null;
  }

  start(): void {
    this.isRunning = true;
    this.receivedLsn = null;
    this.wasShutDown = false;
    this.recoveryState = this.hasStandbySignal ? 'standby' : 'primary';
  }

  /** Whether another server opened the timeline that this one's WAL ends on. */
  isForeign(nodeId: NodeId): boolean {
    return this.history.at(-1)?.writer !== nodeId;
  }

  /** Where it left the timeline before. */
  private get fork(): WalEnd | null {
    const [parent, own] = this.history.slice(-2);
    return parent === undefined || own === undefined
      ? null
      : { timeline: parent.timeline, lsn: own.fromLsn as Lsn };
  }

  /** What whoever looks at it now finds. */
  sighting(): ServerObservation {
    const { isRunning, recoveryState, isReceiverHeld, wasShutDown, walEnd, fork } = this;
    return {
      verdict: isRunning ? 'up' : 'gone',
      recoveryState: isRunning ? recoveryState : null,
      walEnd,
      ...(isRunning && recoveryState === 'primary' ? { fork } : {}),
      isReceiverActive: isRunning && this.isStreaming,
      upstream: recoveryState === 'standby' && !isReceiverHeld ? this.upstream : null,
      isReceiverHeld,
      wasShutDown,
    };
  }

  /** SIGKILL ends a stopped process as well. */
  stop(): void {
    if (this.isRunning) this.endWhenStopped = this.walEnd;
    this.isRunning = false;
    this.hang = 'none';
    this.lives += 1;
    this.isStreaming = false;
  }

  /** Whether all of this server's WAL is contained in that of `other`. */
  isPrefixOf(other: SimulatedServer): boolean {
    for (const [index, own] of this.history.entries()) {
      const theirs = other.history[index];
      if (theirs === undefined || theirs.branch !== own.branch) return false;
      const next = other.history[index + 1];
      const ownEnd = this.history[index + 1]?.fromLsn ?? this.endLsn;
      const theirEnd = next?.fromLsn ?? other.endLsn;
      if (ownEnd > theirEnd) return false;
      if (index === this.history.length - 1) return true;
      if (ownEnd !== theirEnd) return false;
    }
    return true;
  }

  /** Streams everything that `other` has; false when the histories don't fit. */
  streamFrom(other: SimulatedServer): boolean {
    if (!this.isPrefixOf(other)) {
      this.isStreaming = false;
      return false;
    }
    this.isStreaming = true;
    this.endLsn = other.endLsn;
    this.receivedLsn = other.endLsn;
    this.history = other.history;
    return true;
  }

  /** After pg_rewind or a new base backup. */
  copyOf(other: SimulatedServer): void {
    this.endLsn = other.endLsn;
    this.history = other.history;
  }
}
