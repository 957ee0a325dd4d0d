import type { OperationResult } from '../../decisions/failover/events-and-effects.ts';
import type { WalEnd } from '../../domain/reign.ts';
import type { Node } from '../node.ts';

/** The fence ladder (failover.md §5): immediate shutdown, SIGKILL, verification, then `fence_command`. */
export async function fenceServer(
  node: Node,
  { deadlineMs, reason }: { deadlineMs: number; reason: string },
): Promise<OperationResult & { kind: 'fence' }> {
  const { adapters, localServer, log, settings } = node;
  const leftMs = Math.max(100, deadlineMs - adapters.clock.monotonicMs());
  const { verified, steps } = await localServer.fence({ quitMs: leftMs / 2, deadlineMs: leftMs });
  log.warning(`fenced PostgreSQL: ${reason}`, { detail: steps.join('; ') });
  const { fence_command: command } = settings.settings;
  if (!verified && command !== '') await runFenceCommand(node, command);
  return { kind: 'fence', isVerified: verified, walEnd: verified ? await readEnd(node) : null };
}

const fenceCommandLimitMs = 10_000;

async function runFenceCommand({ adapters, log }: Node, command: string): Promise<void> {
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
