import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProcessTable } from '../../ports/process-table.ts';
import { type SelfCommand, thisProgram } from '../launch-daemon.ts';
import { guardianWord } from './guardian-messages.ts';
import { connectToGuardian, readGuardianPid } from './guardian-socket.ts';

const startLimitMs = 5_000;
const retryMs = 20;
/** It loads little, and nothing of it is to grow. */
const memoryFlags = ['--max-old-space-size=48', '--max-semi-space-size=1'];

/**
 * Starts the guardian in a session of its own, so that nothing that ends the daemon ends it too, and connects to it.
 * @throws OperationFailed when it does not come up.
 */
export async function startGuardian(directory: string, clock: Clock, signal: AbortSignal): Promise<Socket> {
  const { command, args, argv0 } = guardianCommand(directory);
  const child = spawn(command, args, { argv0, detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
  let failure: unknown;
  child.on('error', (error) => {
    failure = error;
  });
  child.unref();
  const untilMs = clock.monotonicMs() + startLimitMs;
  for (;;) {
    const socket = await connectToGuardian(directory);
    if (socket !== undefined) return socket;
    if (failure !== undefined || child.exitCode !== null || clock.monotonicMs() >= untilMs) {
      throw new OperationFailed('the guardian of this node does not start', {
        hint: `see why with: ${command} ${args.join(' ')}`,
        cause: failure,
      });
    }
    await clock.sleep(retryMs, signal);
  }
}

function guardianCommand(directory: string): SelfCommand {
  const { command, args, argv0 } = thisProgram();
  const flags = args.length === 0 ? [] : memoryFlags;
  return { command, args: [...flags, ...args, guardianWord, directory], argv0 };
}

/** Ends a guardian that has accepted a connection and does not answer, so that it never acts on what it last heard. */
export async function killGuardian(directory: string, processes: ProcessTable): Promise<void> {
  const known = readGuardianPid(directory);
  if (known === undefined) return;
  const entry = await processes.find(known.pid);
  if (entry !== undefined && entry.startTicks === known.startTicks) processes.signal(known.pid, 'SIGKILL');
}
