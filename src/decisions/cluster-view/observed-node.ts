import type { NodeRecord, RecoveryState } from '../../domain/node.ts';
import type { TimelineId } from '../../domain/timeline.ts';

/** What one look at a registered node showed. */
export interface ObservedNode {
  /** Its record as the server knows it that was asked for the list of nodes. */
  readonly node: NodeRecord;
  /** `rejected`: a server is there and answers, but lets nobody in. */
  readonly access: 'open' | 'rejected' | 'unreachable';
  /** Why it isn't open, for people. */
  readonly failure: string | null;
  readonly recoveryState: RecoveryState | 'unknown';
  /** Its record in its own database; null when that could not be read. */
  readonly ownRecord: NodeRecord | null;
  /** Timeline of the last checkpoint; null when it could not be read. */
  readonly timeline: TimelineId | null;
  /** Replay is paused while received WAL waits to be replayed. */
  readonly isReplayHeldUp: boolean;
  /** What the upstream's pg_stat_replication says of a standby; null where there is no upstream to ask. */
  readonly attachment: 'attached' | 'notStreaming' | 'absent' | 'unknown' | null;
}
