import type { Reasoning } from '../../domain/decision-record.ts';
import type { NodeId, RecoveryState } from '../../domain/node.ts';
import type {
  DaemonRole,
  PrimaryPhase,
  ProtocolStatus,
  Release,
  TransferToken,
  VoteReply,
  VoteRequest,
} from '../../domain/peer-messages.ts';
import type { Reign, WalEnd } from '../../domain/reign.ts';
import type { Voter, VotingConfiguration } from '../../domain/voting-configuration.ts';

/** What the local repmgr.conf and metadata say; replaced as a whole on reload. */
export interface CoreParameters {
  readonly nodeId: NodeId;
  readonly nodeName: string;
  /** As this node's file says; in force only through the configuration of the primary that issued it. */
  readonly leaseMs: number;
  readonly heartbeatIntervalMs: number;
  /** Time kept for the fence ladder before the lease runs out. */
  readonly fenceBudgetMs: number;
  readonly priority: number;
  /** `failover=automatic`; a manual node votes but never stands. */
  readonly isFailoverAutomatic: boolean;
  /** With failover_validation_command: how long a refusal by it holds. */
  readonly validationRerunMs?: number;
  readonly crashAction: 'auto' | 'restart' | 'failover';
  readonly crashWindowMs: number;
  readonly restartTimeoutMs: number;
  readonly isAutoRejoinOn: boolean;
  /** A witness votes by its daemon alone: whatever PostgreSQL it has is no part of this cluster. */
  readonly isWitness?: boolean;
  /** How long a primary's server must be silent before it counts as hung; the lease in force unless told. */
  readonly hangTimeoutMs?: number;
  /** How long a promotion may take before it is given up; 60 s unless told. */
  readonly promoteTimeoutMs?: number;
}

/** Stored before any reply that depends on it (failover.md §2). */
export interface DurableState {
  readonly incarnation: string;
  /** Raised by each start of the daemon. */
  readonly startCounter: number;
  readonly term: number;
  readonly votedFor: NodeId | null;
  readonly reigns: readonly Reign[];
  readonly configuration: VotingConfiguration | null;
  /** Longest lease promised to anybody; a start waits this long before it grants a vote. */
  readonly longestLeaseMs: number;
  readonly intent: 'primary' | 'standby' | 'fenced';
  /** Highest timeline that this voter has heard of or voted for: no later one may be as low (I7). */
  readonly highestTimeline: number;
  /** Terms of reigns that this node ended by its own hand; it never heartbeats in them again. */
  readonly endedReigns: readonly number[];
  /** Highest (start counter, term) seen of each voter: one that shows less has lost its memory. */
  readonly seen: Readonly<Record<string, { readonly startCounter: number; readonly term: number }>>;
}

/**
 * The local PostgreSQL as last observed. `gone`: verified that no process of it is left. `busy`: alive but
 * not to be asked now. `rebuilding`: the data directory is being rewound or re-cloned.
 */
export interface ServerObservation {
  readonly verdict: 'up' | 'busy' | 'gone' | 'unknown' | 'rebuilding';
  readonly recoveryState: RecoveryState | null;
  /** End of valid WAL on disk; null when it isn't known (then the node grants nobody). */
  readonly walEnd: WalEnd | null;
  /** Where the timeline of a server out of recovery left its parent, as its history file tells. */
  readonly fork?: WalEnd | null;
  /** recovery_min_apply_delay in force on a standby, as PostgreSQL prints it. */
  readonly applyDelay?: string | null;
  /** With `busy`: no answer came at all, not even a refusal. */
  readonly isSilent?: boolean;
  /** With `up`: WAL waits for the disk, and none has reached it since the last look. */
  readonly isWalStuck?: boolean;
  readonly isReceiverActive: boolean;
  /** The receiver was stopped for a vote and its primary_conninfo put aside. */
  readonly isReceiverHeld: boolean;
  /** The node that primary_conninfo points to, null when it points to none that is known. */
  readonly upstream: NodeId | null;
  /** With `gone`: whether the control file says it was shut down in order. */
  readonly wasShutDown: boolean;
}

/** As voter: to whom this node has promised not to elect another, and until when. */
export interface HeldLease {
  readonly holder: NodeId;
  readonly term: number;
  readonly untilMs: number;
}

/** As primary or promoting winner. */
export interface OwnReign {
  readonly term: number;
  readonly phase: PrimaryPhase;
  /** Per voter, the send time of the latest round that it acknowledged. */
  readonly acknowledgedAtMs: Readonly<Record<number, number>>;
  /** The same by WAL: the latest round that the voter's own standby is known to have flushed. */
  readonly walAcknowledgedAtMs: Readonly<Record<number, number>>;
  /** First version of the configuration, in this term, that has the present length of the lease. */
  readonly leaseSinceCounter: number;
  readonly nextHeartbeatAtMs: number;
  /** Acknowledgements of rounds sent earlier count for nothing (set when the clock jumped). */
  readonly ignoreSentBeforeMs: number;
  /** Lease won under the previous set of voters; a change by one voter leaves it in force to its end. */
  readonly leaseFloorMs: number;
  /** Until when a lease must have been won at first, or again after a jump. */
  readonly graceUntilMs: number | null;
  readonly configurationStoredBy: Readonly<Record<number, string>>;
  readonly recentCrashesAtMs: readonly number[];
  /** Term of somebody else that voters mention without a reign in it (§6.9). */
  readonly higherTerm: number | null;
  /** Why there was an election, and who voted. */
  readonly reason?: string;
}

export interface Campaign {
  readonly id: number;
  readonly stage: 'gathering' | 'waiting' | 'validating' | 'preVote' | 'stoppingReceiver' | 'vote';
  readonly startedAtMs: number;
  /** When the stage is given up, or, in `waiting`, begun in earnest. */
  readonly untilMs: number;
  readonly token: TransferToken | null;
  readonly term: number;
  /** Send time of the vote requests; the lease of a winner counts from it. */
  readonly sentAtMs: number;
  /** Timeline proposed to the voters; null when the server is open already. */
  readonly timeline: number | null;
  readonly statuses: Readonly<Record<number, ProtocolStatus | null>>;
  readonly votes: Readonly<Record<number, VoteReply | null>>;
  readonly countsOwnVote: boolean;
}

/** What failover_validation_command said last, as long as it holds. */
export interface Validation {
  /** Null: this node may stand. */
  readonly refusal: string | null;
  readonly untilMs: number;
}

/** A vote being granted: the receiver must stand still before the answer is given. */
export interface PendingVote {
  readonly replyTo: string;
  readonly request: VoteRequest;
}

export interface Handover {
  readonly term: number;
  readonly stage: 'assessing' | 'restarting' | 'choosing' | 'transferring';
  readonly untilMs: number;
  readonly statuses: Readonly<Record<number, ProtocolStatus | null>>;
  readonly tried: readonly NodeId[];
  readonly target: NodeId | null;
  readonly assessment: CrashAssessment | null;
  readonly wasShutDown: boolean;
  readonly startedAtMs: number;
  /** Why the server is restarted, or its reign handed over. */
  readonly reason?: string;
  /** Its processes lived and gave no answer: it is stopped for good, and another is to go on. */
  readonly isHung?: boolean;
}

/** The local server of this primary may hang: it is asked over new connections (failover.md §5). */
export interface ServerDoubt {
  readonly cause: 'silent' | 'unflushed';
  /** Since the first probe there has been no answer. */
  readonly sinceMs: number;
  readonly nextProbeAtMs: number;
  readonly firstProbe: number | null;
  readonly probes: number;
  /** Said already that nothing is done about it. */
  readonly isTold: boolean;
}

/** Evidence for what to do after PostgreSQL on the primary died. */
export interface CrashAssessment {
  readonly walEnd: WalEnd | null;
  /** WAL to replay in crash recovery. */
  readonly redoBytes: bigint;
  readonly wasShutDown: boolean;
}

/** What the server of a silent primary answers itself; it may be alive without its daemon. */
export interface PrimaryProbe {
  readonly id: number;
  readonly holder: NodeId;
  readonly startedAtMs: number;
  /** Null while nothing has come back. */
  readonly isWritable: boolean | null;
}

export interface PrimarySighting {
  readonly nodeId: NodeId;
  readonly term: number;
  readonly phase: PrimaryPhase;
  readonly heardAtMs: number;
}

export interface FollowAttempt {
  readonly primary: NodeId;
  readonly failures: number;
  /** Not tried again before. */
  readonly nextAtMs: number;
}

export type Operation =
  | 'fence'
  | 'promote'
  | 'startPrimary'
  | 'startStandby'
  | 'assessCrash'
  | 'follow'
  | 'rejoin'
  | 'stopReceiver'
  | 'restoreReceiver';

/** The operator is about to stop PostgreSQL of this primary for good; see `repmgr node shutdown`. */
export interface AnnouncedShutdown {
  /** It ends this reign although no standby is known to have everything. */
  readonly isForced: boolean;
  /** Forgotten then, if PostgreSQL still runs. */
  readonly untilMs: number;
}

export interface CoreState {
  readonly parameters: CoreParameters;
  readonly durable: DurableState;
  readonly role: DaemonRole;
  /** From here one lease passes before the first vote is granted. */
  readonly listeningSinceMs: number | null;
  readonly reachesItself: boolean;
  /** A guardian is there that holds the lease, or fences, while this daemon stands still. */
  readonly isGuarded: boolean;
  readonly server: ServerObservation;
  readonly serverChangedAtMs: number;
  /** Null while there is none. */
  readonly doubt: ServerDoubt | null;
  readonly walMovedAtMs: number | null;
  /** From whom it came then; null when that is not known. */
  readonly walSource: NodeId | null;
  /** The lease that was promised with it. */
  readonly walPromisedMs: number;
  readonly lease: HeldLease | null;
  /** The last primary's host has said that its reign is over; void with the next promise to anybody. */
  readonly release: Release | null;
  readonly primary: PrimarySighting | null;
  readonly reign: OwnReign | null;
  readonly probe: PrimaryProbe | null;
  readonly campaign: Campaign | null;
  readonly nextCampaignAtMs: number;
  readonly validation: Validation | null;
  /** The end of the lease after which this node has said why it does not stand. */
  readonly abstainedFromMs: number | null;
  /** In a row, on this node. */
  readonly promotionFailures: number;
  readonly pendingVote: PendingVote | null;
  readonly handover: Handover | null;
  /** Set while the receiver is held still for a vote; the lease of the vote decides when it is put back. */
  readonly isReceiverHeld: boolean;
  /** The operation that the shell carries out on the local server, and its number. */
  readonly operation: { readonly kind: Operation; readonly id: number; readonly startedAtMs: number } | null;
  readonly nextRejoinAtMs: number;
  readonly rejoinFailures: number;
  /** The last attempt to follow, or the one under way. */
  readonly following: FollowAttempt | null;
  readonly nextId: number;
  readonly timerDueMs: number | null;
  readonly highestTimelineHeard: number;
  /** What repmgr.nodes and the registered daemons say, as last read (only the primary's counts). */
  readonly registered: readonly Voter[] | null;
  /** Nodes whose daemon has answered with the registered incarnation in this reign. */
  readonly answeringVoters: readonly NodeId[];
  /** Somebody answered with a configuration while this node has none: it must not make a first one. */
  readonly foreignConfiguration: boolean;
  readonly pauseRequest: {
    readonly replyTo: string;
    readonly paused: boolean;
    readonly untilMs: number;
  } | null;
  /** Announced by the operator; kept until PostgreSQL has been started again. */
  readonly shutdown: AnnouncedShutdown | null;
  /** Latest decision or non-decision, for people. */
  readonly explanation: Explanation | null;
}

/** A decision, or a decision not to act, with what it rests on (failover.md §11). */
export interface Explanation extends Reasoning {
  readonly atMs: number;
  /** Section of the protocol that was applied. */
  readonly rule: string;
  readonly text: string;
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>;
}

export function initialState(parameters: CoreParameters, durable: DurableState): CoreState {
  return {
    parameters,
    durable: { ...durable, startCounter: durable.startCounter + 1 },
    role: durable.intent === 'fenced' ? 'fenced' : 'follower',
    listeningSinceMs: null,
    reachesItself: false,
    isGuarded: false,
    server: {
      verdict: 'unknown',
      recoveryState: null,
      walEnd: null,
      isReceiverActive: false,
      isReceiverHeld: false,
      upstream: null,
      wasShutDown: false,
    },
    serverChangedAtMs: 0,
    doubt: null,
    walMovedAtMs: null,
    walSource: null,
    walPromisedMs: 0,
    lease: null,
    release: null,
    primary: null,
    reign: null,
    probe: null,
    campaign: null,
    nextCampaignAtMs: 0,
    validation: null,
    abstainedFromMs: null,
    promotionFailures: 0,
    pendingVote: null,
    handover: null,
    isReceiverHeld: false,
    operation: null,
    nextRejoinAtMs: 0,
    rejoinFailures: 0,
    following: null,
    nextId: 1,
    timerDueMs: null,
    highestTimelineHeard: 0,
    registered: null,
    answeringVoters: [],
    foreignConfiguration: false,
    pauseRequest: null,
    shutdown: null,
    explanation: null,
  };
}

export const emptyDurableState = (incarnation: string): DurableState => ({
  incarnation,
  startCounter: 0,
  term: 0,
  votedFor: null,
  reigns: [],
  configuration: null,
  longestLeaseMs: 0,
  intent: 'standby',
  highestTimeline: 0,
  endedReigns: [],
  seen: {},
});

/** Zero when nothing is known. */
export function highestTimeline(state: CoreState): number {
  const own = state.server.walEnd?.timeline ?? 0;
  return state.durable.reigns.reduce(
    (highest, reign) => Math.max(highest, reign.timeline),
    Math.max(own, state.highestTimelineHeard, state.durable.highestTimeline),
  );
}
