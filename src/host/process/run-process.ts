import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { LocalCommandFailed } from '../../domain/errors/repmgr-error.ts';
import type { CommandResult, CommandRunner, CommandSpec } from '../../ports/command-runner.ts';
import { drainOutput } from './drain-output.ts';
import { createOutputCollector } from './output-collector.ts';
import { createEarlyEnd, type EarlyEnd } from './process-group.ts';

/**
 * Runs programs in process groups of their own, so that a limit or an abort ends their children too.
 * @throws LocalCommandFailed when a program can't be started.
 */
export function createCommandRunner(): CommandRunner {
  return { run: (spec) => runProcess(spec) };
}

async function runProcess(spec: CommandSpec): Promise<CommandResult> {
  if (spec.signal?.aborted === true) return neverStarted;
  const startedAt = performance.now();
  const child = await startProgram(spec);
  const earlyEnd = createEarlyEnd(child.pid as number, spec);
  const callbacks = guardCallbacks(spec, earlyEnd);
  const stdout = createOutputCollector(callbacks.onStdoutLine);
  const stderr = createOutputCollector(callbacks.onStderrLine);
  const drain = drainOutput(child, { stdout, stderr });
  const exit = await Promise.race([exitOf(child), earlyEnd.hopeless]);
  // A program that was killed could not end its children: pg_basebackup's WAL receiver would hold its slot for ever.
  if (typeof exit?.signalName === 'string') earlyEnd.begin('orphaned');
  await Promise.all([drain(), earlyEnd.finish()]);
  stdout.finish();
  stderr.finish();
  callbacks.rethrow();
  return {
    exitStatus: exit?.code ?? null,
    signalName: exit?.signalName ?? null,
    stdout: stdout.text(),
    stderr: stderr.text(),
    timedOut: earlyEnd.reason() === 'timeout',
    cancelled: earlyEnd.reason() === 'cancelled',
    durationMs: performance.now() - startedAt,
  };
}

const neverStarted: CommandResult = {
  exitStatus: null,
  signalName: null,
  stdout: '',
  stderr: '',
  timedOut: false,
  cancelled: true,
  durationMs: 0,
};

async function startProgram(spec: CommandSpec): Promise<ChildProcess> {
  const options: SpawnOptions = {
    detached: true,
    stdio: [spec.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...spec.env },
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  };
  try {
    const child =
      spec.shell === true
        ? spawn('/bin/sh', ['-c', spec.command], options)
        : spawn(spec.command, [...(spec.args ?? [])], options);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    feedInput(child, spec.input);
    return child;
  } catch (error) {
    throw startFailure(spec, error);
  }
}

function feedInput(child: ChildProcess, input: string | undefined): void {
  if (child.stdin === null || input === undefined) return;
  // A program may end without reading its input; its exit status tells whether that was a fault.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') child.emit('error', error);
  });
  child.stdin.end(input);
}

function startFailure(spec: CommandSpec, error: unknown): LocalCommandFailed {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const name = spec.shell === true ? '/bin/sh' : spec.command;
  const hints: Readonly<Record<string, string>> = {
    ENOENT:
      spec.cwd === undefined
        ? `check that "${name}" is installed; for PostgreSQL's programs set "pg_bindir" in repmgr.conf`
        : `check that "${name}" is installed and that the directory "${spec.cwd}" exists`,
    EACCES: `check that "${name}" is executable for the user who runs this command`,
    E2BIG: 'shorten the arguments or the environment of the command',
  };
  const reason = error instanceof Error ? error.message : String(error);
  return new LocalCommandFailed(`unable to start program "${name}": ${reason}`, {
    hint: hints[code] ?? 'check the limits of this host: processes, memory and open files',
    facts: { command: name, errorCode: code },
    cause: error,
  });
}

function exitOf(child: ChildProcess): Promise<{ code: number | null; signalName: string | null }> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signalName) => resolve({ code, signalName }));
    child.once('error', reject);
  });
}

type LineCallback = (line: string) => void;

/** A callback that throws ends the program; `rethrow` then throws what it threw. */
function guardCallbacks(spec: CommandSpec, earlyEnd: EarlyEnd) {
  const failures: unknown[] = [];
  const guard = (callback: LineCallback | undefined): LineCallback | undefined => {
    if (callback === undefined) return undefined;
    return (line) => {
      try {
        callback(line);
      } catch (error) {
        failures.push(error);
        earlyEnd.begin('callback');
      }
    };
  };
  return {
    onStdoutLine: guard(spec.onStdoutLine),
    onStderrLine: guard(spec.onStderrLine),
    rethrow() {
      if (failures.length > 0) throw failures[0];
    },
  };
}
