import type { NodeId } from './node.ts';
import type { Reign, WalEnd, WalPosition } from './reign.ts';
import type { TimelineId } from './timeline.ts';
import type { ConfigurationVersion, VotingConfiguration } from './voting-configuration.ts';

/** What every reply says of the voter that gives it; peers use it to notice a voter that lost its memory. */
export interface VoterIdentity {
  readonly nodeId: NodeId;
  readonly incarnation: string;
  readonly startCounter: number;
  readonly term: number;
  readonly configurationVersion: ConfigurationVersion | null;
}

/** `restarting`: the primary's PostgreSQL crashed and is being started again under the lease. */
export type PrimaryPhase = 'promoting' | 'writable' | 'restarting';

/** Primary or promoting winner → every voter. An acceptance is a promise for one lease. */
export interface HeartbeatRequest {
  readonly term: number;
  readonly primary: NodeId;
  readonly phase: PrimaryPhase;
  readonly configuration: VotingConfiguration;
  readonly reigns: readonly Reign[];
}

export interface HeartbeatReply extends VoterIdentity {
  readonly accepted: boolean;
  /** Why not, for people. */
  readonly reason: string | null;
  readonly reigns: readonly Reign[];
  readonly configuration: VotingConfiguration | null;
  readonly highestTimeline: number;
}

/** "Stand now": written by the primary of `term` when it ends its reign, honoured for exactly this target. */
export interface TransferToken {
  readonly term: number;
  readonly nextTerm: number;
  readonly issuer: NodeId;
  readonly target: NodeId;
}

export interface TransferRequest {
  readonly token: TransferToken;
  readonly reigns: readonly Reign[];
  readonly highestTimeline: number;
  /** How many voters answered the issuer before it chose, the target among them. */
  readonly standbysHeard?: number;
}

export interface TransferReply extends VoterIdentity {
  readonly accepted: boolean;
  readonly reason: string | null;
}

/**
 * Said by the host of `nodeId` alone: its server is verified dead, and what it was promised in terms up to `term` is
 * no longer needed; it will never act on it.
 */
export interface Release {
  readonly nodeId: NodeId;
  readonly term: number;
}

export interface ReleaseReply extends VoterIdentity {
  /** Whether this voter was bound to that node. */
  readonly accepted: boolean;
}

export interface VoteRequest {
  readonly term: number;
  readonly candidate: NodeId;
  readonly position: WalPosition;
  readonly configurationVersion: ConfigurationVersion;
  /** Length of the lease that a granted vote gives; absent in a request that knows none. */
  readonly leaseMs?: number;
  readonly token: TransferToken | null;
  /** What the candidate was told by the host of the last primary; the voter may not have heard it. */
  readonly release?: Release;
  /** The timeline that the candidate will open; null when it goes on with the one that it writes already. */
  readonly timeline: number | null;
  readonly reigns: readonly Reign[];
}

export interface VoteReply extends VoterIdentity {
  readonly granted: boolean;
  readonly reason: string | null;
  /** Final position of the voter, after its receiver was stopped; null when unknown or not binding. */
  readonly position: WalPosition | null;
  /** The voter's own, when the candidate's is older. */
  readonly configuration: VotingConfiguration | null;
  readonly reigns: readonly Reign[];
  readonly highestTimeline: number;
}

export type DaemonRole =
  | 'follower'
  | 'candidate'
  | 'promoting'
  | 'primary'
  | 'handing over'
  | 'fencing'
  | 'fenced'
  | 'rejoining';

/** What the protocol knows of the local node; the daemon adds process facts (see DaemonStatus). */
export interface ProtocolStatus extends VoterIdentity {
  readonly role: DaemonRole;
  readonly phase: PrimaryPhase | null;
  readonly primary: NodeId | null;
  /** How long this voter is still bound to its primary, 0 when it isn't. */
  readonly leaseRemainingMs: number;
  readonly leaseHolder: NodeId | null;
  /** Milliseconds since WAL from the primary last moved here; null when it never did. */
  readonly walStillMs: number | null;
  readonly isPromotable: boolean;
  readonly notPromotableReason: string | null;
  readonly position: WalPosition | null;
  readonly walEnd: WalEnd | null;
  readonly priority: number;
  readonly paused: boolean;
  /** `failover=manual` on the primary; as a pause for elections. */
  readonly manual: boolean;
  readonly reigns: readonly Reign[];
  readonly highestTimeline: TimelineId | 0;
  readonly voterIds: readonly NodeId[];
  readonly votersHeard: readonly NodeId[];
}

/** Whether PostgreSQL of a node may be started out of recovery; `undecided` will soon be one of the others. */
export interface OpeningVerdict {
  readonly mayOpen: 'yes' | 'no' | 'undecided';
  readonly reason: string;
}

/** Reply to `status` as the command line reads it. */
export interface DaemonStatus extends ProtocolStatus {
  readonly nodeName: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly version: string;
  /** Seconds since the upstream was last seen alive, -1 when never. */
  readonly upstreamLastSeenSecs: number;
  /** One sentence: why the node is in the state it is in. */
  readonly explanation: string;
  /** The lease in force; absent in daemons of earlier releases, as is the next one. */
  readonly leaseMs?: number;
  /** `primary_crash_action` of this node. */
  readonly crashAction?: 'auto' | 'restart' | 'failover';
  /** For `repmgr node guard`; absent in daemons of earlier releases. */
  readonly opening?: OpeningVerdict;
}

export interface PauseRequest {
  readonly paused: boolean;
}

/** From the command line to the daemon of the same node: PostgreSQL is going to be stopped, and to stay down. */
export interface ShutdownRequest {
  readonly isForced: boolean;
  /** How long the stop may take. */
  readonly timeoutMs: number;
}

export type ShutdownReply = PauseReply;

export type PauseReply = { readonly ok: true } | { readonly ok: false; readonly reason: string };
