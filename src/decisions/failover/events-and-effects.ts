import type { EventName } from '../../domain/event.ts';
import type { NodeId } from '../../domain/node.ts';
import type {
  HeartbeatReply,
  HeartbeatRequest,
  ProtocolStatus,
  Release,
  ReleaseReply,
  TransferReply,
  TransferRequest,
  VoteReply,
  VoteRequest,
} from '../../domain/peer-messages.ts';
import type { WalEnd } from '../../domain/reign.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import type { Voter } from '../../domain/voting-configuration.ts';
import type {
  CoreParameters,
  CrashAssessment,
  DurableState,
  Explanation,
  ServerObservation,
} from './state.ts';

/** Every event carries the monotonic time and one random number in [0, 1). */
export interface EventContext {
  readonly nowMs: number;
  readonly random: number;
}

export type PeerRequest =
  | { readonly message: 'heartbeat'; readonly body: HeartbeatRequest }
  | { readonly message: 'prevote'; readonly body: VoteRequest }
  | { readonly message: 'vote'; readonly body: VoteRequest }
  | { readonly message: 'transfer'; readonly body: TransferRequest }
  | { readonly message: 'released'; readonly body: Release }
  | { readonly message: 'status'; readonly body: null };

/** A reply that failed for whatever reason (silent, refused, not authentic) is null: nothing. */
export type PeerResponse =
  | { readonly message: 'heartbeat'; readonly body: HeartbeatReply | null }
  | { readonly message: 'prevote'; readonly body: VoteReply | null }
  | { readonly message: 'vote'; readonly body: VoteReply | null }
  | { readonly message: 'transfer'; readonly body: TransferReply | null }
  | { readonly message: 'released'; readonly body: ReleaseReply | null }
  | { readonly message: 'status'; readonly body: ProtocolStatus | null };

/** What a request was sent for; comes back with its response, so that late ones can be told apart. */
export interface RequestTag {
  readonly sentAtMs: number;
  /** Campaign or hand-over it belongs to, term for heartbeats, 0 otherwise. */
  readonly scope: number;
}

export type OperationResult =
  | { readonly kind: 'fence'; readonly isVerified: boolean; readonly walEnd: WalEnd | null }
  | {
      readonly kind: 'promote';
      readonly promoted: { readonly timeline: TimelineId; readonly forkLsn: bigint } | null;
      readonly reason: string | null;
    }
  | { readonly kind: 'startPrimary'; readonly isWritable: boolean; readonly reason: string | null }
  | { readonly kind: 'startStandby'; readonly ok: boolean; readonly reason: string | null }
  | {
      readonly kind: 'assessCrash';
      readonly assessment: CrashAssessment | null;
      readonly reason: string | null;
    }
  | { readonly kind: 'follow'; readonly ok: boolean; readonly reason: string | null }
  | { readonly kind: 'rejoin'; readonly ok: boolean; readonly reason: string | null }
  | {
      readonly kind: 'stopReceiver';
      readonly walEnd: WalEnd | null;
      /** As it was seen after the receiver had stopped. */
      readonly walMovedAtMs?: number | null;
      readonly reason: string | null;
    }
  | { readonly kind: 'restoreReceiver'; readonly ok: boolean; readonly reason: string | null };

export type CoreEvent = EventContext &
  (
    | { readonly type: 'tick' }
    | { readonly type: 'listening'; readonly reachesItself: boolean }
    | { readonly type: 'listenerLost' }
    | { readonly type: 'observed'; readonly server: ServerObservation; readonly walMovedAtMs: number | null }
    | {
        readonly type: 'request';
        readonly from: NodeId;
        readonly replyTo: string;
        readonly request: PeerRequest;
      }
    | {
        readonly type: 'response';
        readonly from: NodeId;
        readonly tag: RequestTag;
        readonly response: PeerResponse;
      }
    | { readonly type: 'operationFinished'; readonly id: number; readonly result: OperationResult }
    | { readonly type: 'guardian'; readonly isPresent: boolean }
    /** The guardian got acknowledgements by WAL while this daemon was late: nothing need be fenced before. */
    | { readonly type: 'guarded'; readonly term: number; readonly fenceAtMs: number }
    /** The standby of `from` has flushed the record that was written with the round of `sentAtMs`. */
    | {
        readonly type: 'walAcknowledged';
        readonly from: NodeId;
        readonly term: number;
        readonly sentAtMs: number;
      }
    | { readonly type: 'registered'; readonly voters: readonly Voter[] }
    | { readonly type: 'primaryProbed'; readonly scope: number; readonly isWritable: boolean }
    /** What failover_validation_command said to the candidacy `scope`; null when it has nothing against it. */
    | { readonly type: 'candidacyValidated'; readonly scope: number; readonly refusal: string | null }
    /** A look at the local server is under way and has had no answer for a while. */
    | { readonly type: 'lookUnanswered' }
    | {
        readonly type: 'serverProbed';
        readonly scope: number;
        /** `refused`: with an SQLSTATE, so it lives. `unclear`: failed for a reason that says nothing of the server. */
        readonly outcome: 'answered' | 'refused' | 'silent' | 'unclear';
        readonly detail: string;
      }
    | { readonly type: 'pauseRequested'; readonly replyTo: string; readonly paused: boolean }
    | {
        readonly type: 'shutdownRequested';
        readonly replyTo: string;
        readonly isForced: boolean;
        readonly timeoutMs: number;
      }
    | { readonly type: 'parametersChanged'; readonly parameters: CoreParameters }
  );

/**
 * Values that the shell carries out, in this order: a `reply`, a `send` or an operation after a `persist`
 * waits until the state is on disk. `fence` and `setTimer` never wait, and a fence voids every operation with
 * a lower id, also one that still waits for the disk. Operations on the server run beside and come back as
 * `operationFinished`.
 */
export type CoreEffect =
  | { readonly type: 'persist'; readonly durable: DurableState }
  | { readonly type: 'reply'; readonly replyTo: string; readonly body: unknown }
  | {
      readonly type: 'send';
      readonly to: Voter;
      readonly request: PeerRequest;
      readonly tag: RequestTag;
      readonly timeoutMs: number;
    }
  | { readonly type: 'setTimer'; readonly atMs: number }
  /**
   * Writes a tiny record, flushed here and waited for nowhere else, and watches whose standbys flush it. Each that
   * does comes back as `walAcknowledged`. Out of the loop's way; a round that finds the last one stuck is dropped.
   */
  | {
      readonly type: 'writeWalRound';
      readonly term: number;
      readonly sentAtMs: number;
      readonly voters: readonly Voter[];
      /** How long an acknowledgement of it is worth something. */
      readonly timeoutMs: number;
    }
  /** Stops everything else that is done to the server. */
  | { readonly type: 'fence'; readonly id: number; readonly deadlineMs: number; readonly reason: string }
  | {
      readonly type: 'promote';
      readonly id: number;
      readonly term: number;
      /** Timelines up to this one are taken, by whomever (§6.7). */
      readonly highestTimeline: number;
      readonly leaseUntilMs: number;
    }
  /** Starts the stopped server out of recovery under the lease. */
  | { readonly type: 'startPrimary'; readonly id: number; readonly timeoutMs: number }
  /** Starts the stopped server in recovery (standby.signal first), with nobody to stream from yet. */
  | { readonly type: 'startStandby'; readonly id: number; readonly timeoutMs: number }
  /** Makes sure that nothing of the crashed server is left and reads what it left on disk. */
  | { readonly type: 'assessCrash'; readonly id: number; readonly deadlineMs: number }
  | { readonly type: 'follow'; readonly id: number; readonly primary: Voter }
  | { readonly type: 'rejoin'; readonly id: number; readonly primary: Voter; readonly isDiverged: boolean }
  | { readonly type: 'stopReceiver'; readonly id: number; readonly deadlineMs: number }
  | { readonly type: 'restoreReceiver'; readonly id: number }
  /** Writes standby.signal so that no later start opens the server for writing. */
  | { readonly type: 'markStandby' }
  /** Ask the server of the silent primary itself, out of the loop's way. */
  | {
      readonly type: 'probePrimary';
      readonly scope: number;
      readonly primary: Voter;
      readonly timeoutMs: number;
    }
  /** Has the local server write a tiny record over a new connection, out of the loop's way. */
  | { readonly type: 'probeServer'; readonly scope: number; readonly timeoutMs: number }
  /** Ask failover_validation_command whether this node may stand, out of the loop's way. */
  | {
      readonly type: 'validateCandidacy';
      readonly scope: number;
      readonly visibleNodes: number;
      readonly sharedUpstreamNodes: number;
      readonly totalNodes: number;
      readonly timeoutMs: number;
    }
  /** Metadata, CHECKPOINT and the followers' slots after an opening; the promotion itself is done. */
  | {
      readonly type: 'afterOpening';
      readonly term: number;
      readonly formerPrimary: NodeId | null;
      readonly kind: 'promoted' | 'restarted' | 'elected';
    }
  | {
      readonly type: 'notify';
      readonly event: EventName;
      readonly successful: boolean;
      readonly details: string;
      readonly subject?: NodeId;
    }
  | { readonly type: 'explain'; readonly explanation: Explanation };
