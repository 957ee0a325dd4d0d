import type { Settings } from '../../config/settings.ts';
import type { OperationResult } from '../../decisions/failover/events-and-effects.ts';
import type { WalEnd } from '../../domain/reign.ts';
import type { Adapters } from '../../ports/adapters.ts';
import type { LocalServer } from '../../ports/local-server.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Node } from '../node.ts';

export async function fenceServer(
  node: Node,
  { deadlineMs, reason }: { deadlineMs: number; reason: string },
): Promise<OperationResult & { kind: 'fence' }> {
  const limitMs = deadlineMs - node.adapters.clock.monotonicMs();
  const isVerified = await climbFenceLadder(
    { ...node, settings: node.settings.settings },
    { limitMs, reason },
  );
  return { kind: 'fence', isVerified, walEnd: isVerified ? await readEnd(node) : null };
}

export interface FencePlace {
  readonly adapters: Pick<Adapters, 'runner'>;
  readonly localServer: LocalServer;
  readonly log: Logger;
  readonly settings: Pick<Settings, 'fence_command'>;
}

/**
 * The fence ladder (failover.md §5): immediate shutdown, SIGKILL, verification, then `fence_command`. Resolves with
 * whether it is verified that nothing of the server is left.
 */
export async function climbFenceLadder(
  place: FencePlace,
  { limitMs, reason }: { limitMs: number; reason: string },
): Promise<boolean> {
  const leftMs = Math.max(100, limitMs);
  const { verified, steps } = await place.localServer.fence({ quitMs: leftMs / 2, deadlineMs: leftMs });
  place.log.warning(`fenced PostgreSQL: ${reason}`, { detail: steps.join('; ') });
  const { fence_command: command } = place.settings;
  if (!verified && command !== '') await runFenceCommand(place, command);
  return verified;
}

const fenceCommandLimitMs = 10_000;

async function runFenceCommand({ adapters, log }: FencePlace, command: string): Promise<void> {
  const result = await adapters.runner.run({ command, shell: true, timeoutMs: fenceCommandLimitMs });
  if (result.exitStatus === 0) return;
  log.error(`fence_command ended with ${result.exitStatus ?? result.signalName}`, {
    detail: result.stderr.trim(),
  });
}

/** Makes sure that nothing of the crashed server is left, then reads what it left on disk. */
export async function assessCrash(
  node: Node,
  { deadlineMs }: { deadlineMs: number },
): Promise<OperationResult & { kind: 'assessCrash' }> {
  const { adapters, localServer } = node;
  const leftMs = Math.max(100, deadlineMs - adapters.clock.monotonicMs());
  const { verified, steps } = await localServer.fence({ quitMs: 0, deadlineMs: leftMs });
  if (!verified) return { kind: 'assessCrash', assessment: null, reason: steps.at(-1) ?? 'not verified' };
  const [control, walEnd] = await Promise.all([localServer.controlData(), readEnd(node)]);
  const redoBytes = walEnd === null ? 0n : walEnd.lsn - control.checkpointRedoLsn;
  const wasShutDown = control.state === 'shut down';
  return {
    kind: 'assessCrash',
    assessment: { walEnd, redoBytes: redoBytes > 0n ? redoBytes : 0n, wasShutDown },
    reason: null,
  };
}

async function readEnd({ localServer, log }: Node): Promise<WalEnd | null> {
  try {
    return (await localServer.endOfWal()) ?? null;
  } catch (error) {
    log.warning('the end of WAL could not be read from disk', {
      detail: error instanceof Error ? error.message : String(error),
    });
    return null;
  }
}
