import { comparePositions } from '../decisions/failover/position.ts';
import type { ClusterSnapshot, NodeSnapshot } from '../decisions/outlook/cluster-snapshot.ts';
import type { DecisionsReply, DecisionsRequest } from '../domain/decision-record.ts';
import { type Lsn, parseLsn } from '../domain/lsn.ts';
import type { DaemonStatus } from '../domain/peer-messages.ts';
import type { EventSpan, TimedEvent } from '../ports/metadata-store.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import { askDaemon } from './daemon-access.ts';
import { findMembers, type Member } from './find-members.ts';
import { type LookedAtServer, lookAtServers } from './look-at-servers.ts';
import { statusTimeoutMs } from './observe-daemons.ts';
import type { OperationContext } from './operation-context.ts';

type ObserveContext = Pick<OperationContext, 'adapters' | 'settings' | 'signal'>;

/** What of the past is wanted as well. */
export interface PastRequest {
  readonly decisions: DecisionsRequest;
  readonly events: EventSpan;
}

/** The journal of one daemon. */
export interface Journal {
  readonly reply: DecisionsReply;
  /** By how much the clock of its host is ahead of this host's. */
  readonly clockAheadMs: number;
  /** How well that is known. */
  readonly uncertaintyMs: number;
}

export interface ObservedCluster {
  readonly snapshot: ClusterSnapshot;
  /** Why the database of this node could not be asked, null when it could. */
  readonly databaseFailure: string | null;
  readonly journals: readonly Journal[];
  /** Null when no database could be read. */
  readonly events: readonly TimedEvent[] | null;
}

/**
 * Asks all daemons and all servers at the same time, within one deadline.
 * @throws ConnectionFailed when not even the list of nodes is to be had, ConfigurationError without a cluster key.
 */
export async function observeCluster(
  context: ObserveContext,
  past: PastRequest | null = null,
): Promise<ObservedCluster> {
  const { members, network, databaseFailure } = await findMembers(context);
  try {
    const [heard, servers] = await Promise.all([
      hearAll(context, network, members, past),
      lookAtServers(context, members, past?.events ?? null),
    ]);
    const primary = servers.find((server) => server.recoveryState === 'primary');
    const told = [primary, ...servers].find((server) => server !== undefined && server.events !== null);
    return {
      snapshot: {
        nodes: heard.map(({ member, status, silence }) => snapshotOf(member, status, silence, servers)),
        synchronous: primary?.synchronous ?? null,
      },
      databaseFailure,
      journals: heard.flatMap(({ journal }) => journal ?? []),
      events: told?.events ?? null,
    };
  } finally {
    await network.close();
  }
}

function snapshotOf(
  { nodeId, nodeName, isWitness, location }: Member,
  status: DaemonStatus | null,
  silence: string | null,
  servers: readonly LookedAtServer[],
): NodeSnapshot {
  const server = servers.find((one) => one.nodeId === nodeId)?.recoveryState ?? null;
  return { nodeId, nodeName, isWitness, location, status, silence, server };
}

interface Heard {
  readonly member: Member;
  readonly status: DaemonStatus | null;
  readonly silence: string | null;
  readonly journal: Journal | null;
}

/**
 * Answers of the same moment are some milliseconds apart, and WAL flows meanwhile: a standby that seems to be behind
 * is asked once more, so that only what had not reached it by then counts as lag.
 */
async function hearAll(
  context: ObserveContext,
  network: PeerNetwork,
  members: readonly Member[],
  past: PastRequest | null,
): Promise<readonly Heard[]> {
  const heard = await Promise.all(members.map((member) => hear(context, network, member, past)));
  const end = heard.find(({ status }) => status?.role === 'primary')?.status?.position ?? null;
  return Promise.all(
    heard.map(async (one) => {
      const position = one.status?.position ?? null;
      if (end === null || position === null || comparePositions(position, end) >= 0) return one;
      const again = await hear(context, network, one.member, null);
      return again.status === null ? one : { ...again, journal: one.journal };
    }),
  );
}

async function hear(
  context: ObserveContext,
  network: PeerNetwork,
  member: Member,
  past: PastRequest | null,
): Promise<Heard> {
  const { address, nodeId } = member;
  const nothing = { member, status: null, journal: null };
  if (address === null)
    return { ...nothing, silence: 'it has no address; register the node again with --force' };
  const options = { timeoutMs: statusTimeoutMs, signal: context.signal };
  const [answer, journal] = await Promise.all([
    askDaemon(network, address, options),
    past === null ? null : askForDecisions(context, network, address, past.decisions),
  ]);
  if (answer.kind === 'silent') return { ...nothing, silence: answer.reason };
  if (answer.status.nodeId !== nodeId)
    return { ...nothing, silence: `at its address the repmgrd of node ID ${answer.status.nodeId} answers` };
  return { member, status: withLsns(answer.status), silence: null, journal };
}

/** Null for a daemon that does not answer, or of a release that keeps no journal. */
async function askForDecisions(
  { adapters, signal }: ObserveContext,
  network: PeerNetwork,
  address: { readonly host: string; readonly port: number },
  request: DecisionsRequest,
): Promise<Journal | null> {
  const sentAtMs = adapters.clock.wallTime().getTime();
  const options = { timeoutMs: statusTimeoutMs, signal };
  const reply = await network.request(address, 'decisions', request, options);
  if (reply.kind === 'failed' || !isDecisionsReply(reply.body)) return null;
  // The connection may have been made for it first: the reply was written at the end of that time, at the latest.
  const receivedAtMs = adapters.clock.wallTime().getTime();
  const middleMs = (sentAtMs + receivedAtMs) / 2;
  return {
    reply: reply.body,
    clockAheadMs: Date.parse(reply.body.now) - middleMs,
    uncertaintyMs: Math.max((receivedAtMs - sentAtMs) / 2, 1),
  };
}

function isDecisionsReply(body: unknown): body is DecisionsReply {
  if (typeof body !== 'object' || body === null) return false;
  const { nodeId, now, decisions } = body as Record<string, unknown>;
  return typeof nodeId === 'number' && typeof now === 'string' && Array.isArray(decisions);
}

/** LSNs travel as PostgreSQL prints them. */
function withLsns(status: DaemonStatus): DaemonStatus {
  const { position, walEnd, reigns } = status;
  return {
    ...status,
    position: position === null ? null : { ...position, lsn: asLsn(position.lsn) },
    walEnd: walEnd === null ? null : { ...walEnd, lsn: asLsn(walEnd.lsn) },
    reigns: reigns.map((reign) => ({ ...reign, forkLsn: asLsn(reign.forkLsn) })),
  };
}

function asLsn(lsn: Lsn | string): Lsn {
  return typeof lsn === 'string' ? (parseLsn(lsn) ?? (0n as Lsn)) : lsn;
}
