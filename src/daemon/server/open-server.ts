import type { OperationResult } from '../../decisions/failover/events-and-effects.ts';
import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import { promoteStandby, promotionMethod } from '../../operations/promote-standby.ts';
import { isHalfRewound } from '../../operations/rewind-marker.ts';
import { waitUntil } from '../../operations/wait-until.ts';
import type { Connection } from '../../ports/connection.ts';
import { type Node, operationContext } from '../node.ts';
import { readFork } from './read-fork.ts';
import { type StartOutcome, startServer } from './start-server.ts';

const pollMs = 10;

export interface PromoteRequest {
  readonly connection: Connection;
  readonly highestTimeline: number;
  readonly leaseUntilMs: number;
  readonly signal: AbortSignal;
}

/**
 * Promotes the local standby under the lease, on a timeline that nobody has used (failover.md §6.7). Resolves as
 * soon as it is out of recovery.
 */
export async function promoteServer(
  node: Node,
  request: PromoteRequest,
): Promise<OperationResult & { kind: 'promote' }> {
  const { adapters } = node;
  await reserveTimelines(node, request.highestTimeline);
  if (adapters.clock.monotonicMs() >= request.leaseUntilMs) {
    return { kind: 'promote', promoted: null, reason: 'the lease was over before the promotion began' };
  }
  await promote(node, request);
  const { timeline, flushLsn } = await adapters.inspector.walPositions(request.connection);
  const forkLsn = (await readFork(node, timeline))?.lsn ?? flushLsn;
  if (forkLsn === null) return { kind: 'promote', promoted: null, reason: 'the server is still in recovery' };
  return { kind: 'promote', promoted: { timeline, forkLsn }, reason: null };
}

/** Empty history files make PostgreSQL take the next number (xlogarchive: a new timeline has no file yet). */
async function reserveTimelines({ localServer }: Node, highest: number): Promise<void> {
  const known = new Set<number>(await localServer.knownTimelines());
  for (let timeline = 2; timeline <= highest; timeline += 1) {
    if (!known.has(timeline)) await localServer.reserveTimeline(timeline as TimelineId);
  }
}

async function promote(node: Node, { connection, signal }: PromoteRequest): Promise<void> {
  const context = operationContext(node, signal);
  const { promote_command: command } = node.settings.settings;
  if (command === '') {
    const method = await promotionMethod(context, { connection, localServer: node.localServer });
    await promoteStandby(context, { connection, localServer: node.localServer, method });
    return;
  }
  await runPromoteCommand(node, { connection, signal, command });
}

async function runPromoteCommand(
  node: Node,
  { connection, signal, command }: { connection: Connection; signal: AbortSignal; command: string },
): Promise<void> {
  const { adapters, settings, log } = node;
  const timeoutMs = settings.settings.promote_check_timeout * 1_000;
  log.notice(`running promote_command: ${command}`);
  const result = await adapters.runner.run({ command, shell: true, timeoutMs, signal });
  if (result.exitStatus !== 0) {
    throw new OperationFailed(`promote_command ended with ${result.exitStatus ?? result.signalName}`, {
      exit: 'PROMOTION_FAIL',
      detail: result.stderr.trim().slice(-2_000),
      hint: 'run it by hand; without promote_command repmgrd promotes by itself',
    });
  }
  const wait = { clock: adapters.clock, intervalMs: pollMs, timeoutMs, signal };
  const isOpen = await waitUntil(wait, async () =>
    (await adapters.inspector.recoveryState(connection)) === 'primary' ? true : undefined,
  );
  if (isOpen === true) return;
  throw new OperationFailed('promote_command succeeded, but the server is still in recovery', {
    exit: 'PROMOTION_FAIL',
    hint: 'see promote_check_timeout',
  });
}

/** Starts the stopped server in recovery, from where it may follow or stand for election. */
export async function startAsStandby(
  node: Node,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<OperationResult & { kind: 'startStandby' }> {
  await node.localServer.writeStandbySignal();
  const state = await start(node, { timeoutMs, signal });
  if (state === 'standby') return { kind: 'startStandby', ok: true, reason: null };
  return { kind: 'startStandby', ok: false, reason: whyNot(state, timeoutMs) };
}

/** Starts the stopped server out of recovery, under the lease that the core holds. */
export async function startAsPrimary(
  node: Node,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<OperationResult & { kind: 'startPrimary' }> {
  await node.localServer.releaseTimelines();
  await node.localServer.removeStandbySignal();
  const state = await start(node, { timeoutMs, signal });
  if (state === 'primary') return { kind: 'startPrimary', isWritable: true, reason: null };
  return { kind: 'startPrimary', isWritable: false, reason: whyNot(state, timeoutMs) };
}

function whyNot(outcome: StartOutcome, timeoutMs: number): string {
  if (outcome === 'silent') return `it does not accept connections after ${timeoutMs} ms`;
  if (outcome === 'ended') return 'it ended before it accepted connections; its own log says why';
  return outcome === 'standby' ? 'it started in recovery' : 'it started out of recovery';
}

async function start(node: Node, options: { timeoutMs: number; signal: AbortSignal }): Promise<StartOutcome> {
  await refuseHalfRewound(node);
  return startServer(node, options);
}

async function refuseHalfRewound(node: Node): Promise<void> {
  if (!(await isHalfRewound(operationContext(node)))) return;
  throw new OperationFailed('pg_rewind stopped half-way here, so PostgreSQL must not be started', {
    exit: 'REJOIN_FAIL',
    hint: 'the rejoin makes a new copy as soon as a primary is known',
  });
}
