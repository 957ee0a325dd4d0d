import type { RecoveryState } from '../../domain/node.ts';
import { waitUntil } from '../../operations/wait-until.ts';
import type { Connection } from '../../ports/connection.ts';
import type { Node } from '../node.ts';

const pollMs = 10;
/** A postmaster writes postmaster.pid before anything that takes long. */
const unseenLimitMs = 5_000;

/** What became of a server that was started: how it answers, or that it is gone again, or nothing in time. */
export type StartOutcome = RecoveryState | 'ended' | 'silent';

/**
 * Starts the stopped server and asks until it answers, it has ended again (a full disk, a broken configuration:
 * waiting on would only cost time) or `timeoutMs` are over.
 * @throws LocalCommandFailed when the command that starts it fails, Cancelled
 */
export async function startServer(
  node: Node,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<StartOutcome> {
  const { adapters, localServer } = node;
  const { clock } = adapters;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  await localServer.start({ wait: false, timeoutMs, signal });
  const startedMs = clock.monotonicMs();
  const wait = { clock, intervalMs: pollMs, timeoutMs: deadlineMs - startedMs, signal };
  let wasSeen = false;
  const outcome = await waitUntil<StartOutcome>(wait, async () => {
    const state = await tryRecoveryState(node, signal);
    if (state !== undefined) return state;
    const isRunning = (await localServer.processState()).kind === 'running';
    const isOverdue = wasSeen || clock.monotonicMs() - startedMs > unseenLimitMs;
    wasSeen ||= isRunning;
    return !isRunning && isOverdue ? 'ended' : undefined;
  });
  return outcome ?? 'silent';
}

async function tryRecoveryState(
  { adapters, settings }: Node,
  signal: AbortSignal,
): Promise<RecoveryState | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await adapters.connections.connect(settings.settings.conninfo, { timeoutMs: 1_000, signal });
    return await adapters.inspector.recoveryState(connection);
  } catch (error) {
    if (signal.aborted) throw error;
    // Not yet: refused, starting up. The caller's deadline bounds it.
    return undefined;
  } finally {
    connection?.destroy();
  }
}
