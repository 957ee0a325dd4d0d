import * as v from 'valibot';
import type { DurableState } from '../../decisions/failover/state.ts';
import { formatLsn, type Lsn, parseLsn } from '../../domain/lsn.ts';
import type { NodeId } from '../../domain/node.ts';
import type {
  HeartbeatReply,
  HeartbeatRequest,
  PauseRequest,
  ProtocolStatus,
  Release,
  ReleaseReply,
  ShutdownRequest,
  TransferReply,
  TransferRequest,
  VoteReply,
  VoteRequest,
} from '../../domain/peer-messages.ts';
import type { Reign, WalEnd, WalPosition } from '../../domain/reign.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import type { ConfigurationVersion, Voter, VotingConfiguration } from '../../domain/voting-configuration.ts';

type Schema<T> = v.GenericSchema<unknown, T>;

const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const nodeId: Schema<NodeId> = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.transform((id) => id as NodeId),
);
const timeline: Schema<TimelineId> = v.pipe(
  natural,
  v.transform((id) => id as TimelineId),
);
const lsn: Schema<Lsn> = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parseLsn(dataset.value);
    if (parsed !== undefined) return parsed;
    addIssue({ message: `"${dataset.value}" is no LSN` });
    return NEVER;
  }),
);

const version: Schema<ConfigurationVersion> = v.object({ term: natural, counter: natural });
const reign: Schema<Reign> = v.object({
  term: natural,
  nodeId,
  timeline,
  parentTimeline: timeline,
  forkLsn: lsn,
});
const reigns: Schema<Reign[]> = v.array(reign);
const position: Schema<WalPosition> = v.object({ reignTerm: natural, lsn });
const walEnd: Schema<WalEnd> = v.object({ timeline, lsn });

const voter: Schema<Voter> = v.object({
  nodeId,
  nodeName: v.string(),
  incarnation: v.string(),
  host: v.string(),
  port: natural,
  conninfo: v.string(),
  replicationUser: v.string(),
  location: v.exactOptional(v.string()),
});

const configuration: Schema<VotingConfiguration> = v.object({
  version,
  voters: v.array(voter),
  leaseMs: natural,
  heartbeatIntervalMs: natural,
  paused: v.boolean(),
  manual: v.boolean(),
});

const identity = {
  nodeId,
  incarnation: v.string(),
  startCounter: natural,
  term: natural,
  configurationVersion: v.nullable(version),
};

const token = v.object({ term: natural, nextTerm: natural, issuer: nodeId, target: nodeId });

export const heartbeatRequest: Schema<HeartbeatRequest> = v.object({
  term: natural,
  primary: nodeId,
  phase: v.picklist(['promoting', 'writable', 'restarting']),
  configuration,
  reigns,
});

export const heartbeatReply: Schema<HeartbeatReply> = v.object({
  ...identity,
  accepted: v.boolean(),
  reason: v.nullable(v.string()),
  reigns,
  configuration: v.nullable(configuration),
  highestTimeline: natural,
});

export const release: Schema<Release> = v.object({ nodeId, term: natural });

export const releaseReply: Schema<ReleaseReply> = v.object({ ...identity, accepted: v.boolean() });

export const voteRequest: Schema<VoteRequest> = v.object({
  term: natural,
  candidate: nodeId,
  position,
  configurationVersion: version,
  leaseMs: v.exactOptional(natural),
  token: v.nullable(token),
  release: v.exactOptional(release),
  timeline: v.nullable(natural),
  reigns,
});

export const voteReply: Schema<VoteReply> = v.object({
  ...identity,
  granted: v.boolean(),
  reason: v.nullable(v.string()),
  position: v.nullable(position),
  configuration: v.nullable(configuration),
  reigns,
  highestTimeline: natural,
});

export const transferRequest: Schema<TransferRequest> = v.object({
  token,
  reigns,
  highestTimeline: natural,
  standbysHeard: v.exactOptional(natural),
});

export const transferReply: Schema<TransferReply> = v.object({
  ...identity,
  accepted: v.boolean(),
  reason: v.nullable(v.string()),
});

export const pauseRequest: Schema<PauseRequest> = v.object({ paused: v.boolean() });

export const shutdownRequest: Schema<ShutdownRequest> = v.object({
  isForced: v.boolean(),
  timeoutMs: v.pipe(natural, v.maxValue(86_400_000)),
});

const milliseconds = v.pipe(v.number(), v.minValue(0));

export const protocolStatus: Schema<ProtocolStatus> = v.object({
  ...identity,
  role: v.picklist([
    'follower',
    'candidate',
    'promoting',
    'primary',
    'handing over',
    'fencing',
    'fenced',
    'rejoining',
  ]),
  phase: v.nullable(v.picklist(['promoting', 'writable', 'restarting'])),
  primary: v.nullable(nodeId),
  leaseRemainingMs: milliseconds,
  leaseHolder: v.nullable(nodeId),
  walStillMs: v.nullable(milliseconds),
  isPromotable: v.boolean(),
  notPromotableReason: v.nullable(v.string()),
  position: v.nullable(position),
  walEnd: v.nullable(walEnd),
  priority: v.number(),
  paused: v.boolean(),
  manual: v.boolean(),
  reigns,
  highestTimeline: timeline,
  voterIds: v.array(nodeId),
  votersHeard: v.array(nodeId),
});

/** A file of an earlier release lacks what was added since; each addition has a default here. */
export const durableState: Schema<DurableState> = v.object({
  incarnation: v.string(),
  startCounter: natural,
  term: natural,
  votedFor: v.nullable(nodeId),
  reigns,
  configuration: v.nullable(configuration),
  longestLeaseMs: natural,
  intent: v.picklist(['primary', 'standby', 'fenced']),
  highestTimeline: natural,
  endedReigns: v.array(natural),
  seen: v.record(v.string(), v.object({ startCounter: natural, term: natural })),
});

/** What goes over the wire or to disk: LSNs as PostgreSQL prints them. */
export function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return formatLsn(value as Lsn);
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJsonValue(entry)]));
}

/** Undefined when `body` isn't what `schema` says. */
export function decode<T>(schema: Schema<T>, body: unknown): T | undefined {
  const result = v.safeParse(schema, body);
  return result.success ? result.output : undefined;
}
