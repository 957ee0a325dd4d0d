import { type ChildProcess, spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import type { Readable } from 'node:stream';
import { exitStatusOf } from '../domain/errors/exit-codes.ts';
import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import { launchedVariable, messageDescriptor, readyMark } from './launched-process.ts';

const defaultReadyTimeoutMs = 60_000;
const killAfterMs = 5_000;
/** How long a dead daemon's messages may take to arrive. */
const lastWordsMs = 1_000;

/** The command line that starts this very program again. */
export interface SelfCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Tells a single executable of several names which one it is. */
  readonly argv0: string;
}

export function selfCommand(): SelfCommand {
  const { command, args, argv0 } = thisProgram();
  return { command, args: [...args, ...process.argv.slice(2)], argv0 };
}

/** The same without its arguments: what comes before them is not empty unless it is a single executable. */
export function thisProgram(): SelfCommand {
  const { execPath, argv0, execArgv, argv } = process;
  if (isSea()) return { command: execPath, args: [], argv0 };
  return { command: execPath, args: [...execArgv, ...argv.slice(1, 2)], argv0: execPath };
}

export interface LaunchOptions {
  readonly self: SelfCommand;
  /** Receives what the daemon says until it is ready, and what there is to say about its start. */
  readonly write: (text: string) => void;
  /** Default 60,000; a daemon that isn't ready by then is ended. */
  readonly readyTimeoutMs?: number;
  /** Ends the daemon that is being started. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the daemon in the background, in a session of its own, and waits until it is ready or has failed.
 * Resolves with the exit status for whoever waits for us: 0 when it is ready, else the daemon's own.
 * @throws OperationFailed (exit SYS_FAILURE) if no process could be started.
 */
export async function launchDaemon(options: LaunchOptions): Promise<number> {
  const child = await startDetached(options.self);
  const messages = child.stdio[messageDescriptor] as Readable;
  const outcome = await waitUntilReady({ child, messages, options });
  messages.destroy();
  child.unref();
  return outcome;
}

function startDetached(self: SelfCommand): Promise<ChildProcess> {
  const child = spawn(self.command, self.args, {
    argv0: self.argv0,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, [launchedVariable]: '1' },
  });
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child));
    child.once('error', (cause) =>
      reject(
        new OperationFailed(`unable to start repmgrd in the background: ${cause.message}`, {
          exit: 'SYS_FAILURE',
          hint: 'start it with --daemonize=false, for example by a service manager',
          facts: { command: self.command },
          cause,
        }),
      ),
    );
  });
}

interface Launch {
  readonly child: ChildProcess;
  readonly messages: Readable;
  readonly options: LaunchOptions;
}

async function waitUntilReady(launch: Launch): Promise<number> {
  const { child, options } = launch;
  const patience = startPatience(options);
  try {
    const forwarding = forwardMessages(launch);
    const exited = exitOf(child, patience.signal);
    await Promise.race([forwarding.ready, exited]);
    if (!forwarding.isReady()) await forwarding.ended();
    if (forwarding.isReady()) return 0;
    const status = await exited;
    if (patience.isOver()) options.write(`repmgrd was not ready in time and has been ended\n`);
    else if (!forwarding.saidAnything()) options.write(describeSilentEnd(status));
    return status === 0 ? exitStatusOf.SYS_FAILURE : status;
  } finally {
    patience.end();
  }
}

/** Aborts when the daemon takes too long or the caller wants it ended. */
function startPatience({ readyTimeoutMs = defaultReadyTimeoutMs, signal }: LaunchOptions) {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort();
  }, readyTimeoutMs);
  const abort = (): void => controller.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  const end = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, isOver: () => isOver, end };
}

/** Passes on what the daemon says, up to the mark that says that it is ready. */
function forwardMessages({ messages, options }: Launch) {
  let ready = false;
  let said = false;
  let becomeReady: () => void = () => undefined;
  const becameReady = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  messages.setEncoding('utf8');
  messages.on('data', (text: string) => {
    const mark = text.indexOf(readyMark);
    const part = mark < 0 ? text : text.slice(0, mark);
    said ||= part !== '';
    if (part !== '' && !ready) options.write(part);
    ready ||= mark >= 0;
    if (ready) becomeReady();
  });
  const closed = new Promise<void>((resolve) => {
    messages.once('close', resolve);
    messages.once('error', () => resolve());
  });
  /** Everything it said before it exited has been passed on. */
  const ended = async (): Promise<void> => {
    const timer = setTimeout(() => messages.destroy(), lastWordsMs);
    await closed;
    clearTimeout(timer);
  };
  return { ready: becameReady, ended, isReady: () => ready, saidAnything: () => said };
}

/** Its exit status, SYS_FAILURE when a signal ended it. Aborting ends it: SIGTERM first, then SIGKILL. */
function exitOf(child: ChildProcess, ending: AbortSignal): Promise<number> {
  let killTimer: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    killTimer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  if (ending.aborted) end();
  ending.addEventListener('abort', end, { once: true });
  return new Promise((resolve) => {
    child.once('exit', (status) => {
      clearTimeout(killTimer);
      resolve(status ?? exitStatusOf.SYS_FAILURE);
    });
  });
}

function describeSilentEnd(status: number): string {
  return `repmgrd ended with status ${status} before it was ready; start it with --daemonize=false to see why\n`;
}
