import type { RejoinEvidence, RejoinVerdict } from '../decisions/rejoin/choose-rejoin-method.ts';
import { Cancelled, InternalBug, OperationFailed, RepmgrError } from '../domain/errors/repmgr-error.ts';
import { describeNode } from '../domain/node.ts';
import type { LocalServer } from '../ports/local-server.ts';
import { dropLeftoverSlots } from './drop-leftover-slots.ts';
import { type ConnectedNode, type FollowResult, followUpstream } from './follow-upstream.ts';
import type { KeptWal } from './keep-diverged-wal.ts';
import type { OperationContext } from './operation-context.ts';
import { recordEvent } from './record-event.ts';
import { type RewindOptions, rewindNode } from './rewind-node.ts';
import { describeAttachment } from './wait-for-attachment.ts';

export interface RejoinOptions {
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  readonly evidence: RejoinEvidence;
  /** Of {@link chooseRejoinMethod}; its method must be `stream` or `rewind`. */
  readonly verdict: RejoinVerdict;
  readonly rewind: RewindOptions;
  /** False: one look at the attachment, which is only told, and no event. */
  readonly waitForAttachment: boolean;
}

export interface RejoinResult {
  readonly method: 'stream' | 'rewind';
  readonly isAttached: boolean;
  /** Bytes of WAL that only this node had; null when unknown, 0 when nothing had diverged. */
  readonly divergedBytes: bigint | null;
  readonly divergedCommits: number;
  /** Where the diverged WAL is kept. */
  readonly divergedDirectory: string | null;
  readonly durationMs: number;
}

/**
 * Brings the stopped local node back as a standby of the primary, and records the event `node_rejoin`.
 * @throws OperationFailed (REJOIN_FAIL, NO_RESTART …) after the event has been recorded as failed.
 */
export async function rejoinNode(context: OperationContext, options: RejoinOptions): Promise<RejoinResult> {
  const { clock } = context.adapters;
  const startedMs = clock.monotonicMs();
  try {
    const kept = await undoDivergence(context, options);
    if (options.verdict.method === 'stream') await forgetAbandonedTimelines(context, options);
    const follow = await startBehind(context, options);
    if (options.verdict.method === 'stream') await dropLeftoverSlots(context, options.primary);
    const result = resultOf(options, { kept, follow, durationMs: clock.monotonicMs() - startedMs });
    await conclude(context, options, { result, follow });
    return result;
  } catch (error) {
    const isTold = error instanceof NotAttached || error instanceof Cancelled;
    if (!isTold) await recordFailure(context, options, error);
    throw error;
  }
}

async function undoDivergence(
  context: OperationContext,
  { verdict, primary, localServer, evidence, rewind }: RejoinOptions,
): Promise<KeptWal | undefined> {
  if (verdict.method === 'stream') return undefined;
  if (verdict.method !== 'rewind') {
    throw new InternalBug(`rejoinNode was called with the method "${verdict.method}"`);
  }
  return rewindNode(context, { primary, localServer, evidence, verdict, options: rewind });
}

/**
 * It was sent to a timeline whose primary was lost before this node had received a record of it: half a segment may
 * lie there, at which PostgreSQL would panic.
 */
async function forgetAbandonedTimelines(
  { log }: OperationContext,
  { localServer, evidence, primary }: RejoinOptions,
): Promise<void> {
  const { timeline } = evidence.primary;
  const removed = await localServer.forgetTimelinesAfter(timeline);
  if (removed.length === 0) return;
  log.notice(`later timelines than ${timeline} are forgotten: ${describeNode(primary.node)} is not on them`, {
    detail: `removed from pg_wal, with no record that this node has: ${removed.join(', ')}`,
  });
}

async function startBehind(context: OperationContext, options: RejoinOptions): Promise<FollowResult> {
  const { primary, localServer, waitForAttachment } = options;
  return followUpstream(context, {
    target: primary,
    primary,
    localServer,
    slotRoles: {},
    keepFormerSlot: false,
    attachTimeoutMs: waitForAttachment ? context.settings.settings.node_rejoin_timeout * 1_000 : 0,
  });
}

function resultOf(
  { verdict }: RejoinOptions,
  outcome: { kept: KeptWal | undefined; follow: FollowResult; durationMs: number },
): RejoinResult {
  const { kept, follow, durationMs } = outcome;
  return {
    method: verdict.method === 'rewind' ? 'rewind' : 'stream',
    isAttached: follow.attachment.isAttached,
    divergedBytes: kept === undefined ? 0n : kept.bytes,
    divergedCommits: kept?.commits ?? 0,
    divergedDirectory: kept?.directory ?? null,
    durationMs,
  };
}

/** The node runs, but does not stream: the event says so already. */
class NotAttached extends OperationFailed {}

async function conclude(
  context: OperationContext,
  options: RejoinOptions,
  { result, follow }: { result: RejoinResult; follow: FollowResult },
): Promise<void> {
  if (!options.waitForAttachment) return;
  const { node } = options.primary;
  const state = describeAttachment(follow.attachment.state);
  const event = { successful: result.isAttached, details: detailsOf(context, options, result, state) };
  await recordRejoin(context, options, event);
  if (result.isAttached) return;
  const { node_rejoin_timeout: timeoutSecs, node_name: nodeName } = context.settings.settings;
  throw new NotAttached(`node "${nodeName}" is ${state} after ${timeoutSecs} s`, {
    exit: 'REJOIN_FAIL',
    hint: `look into the PostgreSQL logs of this node and of ${describeNode(node)} (pg_hba.conf, WAL already removed)`,
  });
}

function detailsOf(
  { settings }: OperationContext,
  { primary }: RejoinOptions,
  result: RejoinResult,
  state: string,
): string {
  const { node_id: nodeId, node_name: nodeName } = settings.settings;
  const where = `node "${nodeName}" (ID: ${nodeId}) is ${state} (upstream: ${describeNode(primary.node)})`;
  if (result.divergedDirectory === null) return where;
  const { divergedBytes, divergedCommits, divergedDirectory } = result;
  return `${where}; rewound ${divergedBytes ?? 'an unknown number of'} bytes of WAL with ${divergedCommits} committed transaction(s), kept in "${divergedDirectory}"`;
}

async function recordFailure(
  context: OperationContext,
  options: RejoinOptions,
  error: unknown,
): Promise<void> {
  await recordRejoin(context, options, { successful: false, details: describeFailure(error) });
}

/** One line: details of events are shown in tables. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const detail = error instanceof RepmgrError ? error.detail : undefined;
  const text = detail === undefined ? error.message : `${error.message}: ${detail}`;
  return text.replaceAll(/\s*\n\s*/g, '; ').slice(0, 1_000);
}

async function recordRejoin(
  context: OperationContext,
  { primary }: RejoinOptions,
  event: { readonly successful: boolean; readonly details: string },
): Promise<void> {
  const nodeId = context.settings.settings.node_id;
  await recordEvent(context, { nodeId, event: 'node_rejoin', ...event }, primary.connection);
}
