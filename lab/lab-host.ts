import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { LocalCommandFailed } from '../src/domain/errors/repmgr-error.ts';
import { hostFolderVariable, processesWithin, signalProcess } from './processes-within.ts';
import { unprivilegedUser } from './unprivileged-user.ts';
import { waitFor } from './wait-for.ts';

export interface ProgramResult {
  /** Null when the program was ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Default 60,000; SIGKILL to its process group afterwards. */
  readonly timeoutMs?: number;
}

/**
 * One machine of the lab: a folder that holds everything of it, an address, and perhaps a network namespace.
 * Programs run as the unprivileged user, and every one of them can be found and killed again by the folder.
 */
export class LabHost {
  readonly name: string;
  readonly folder: string;
  readonly address: string;
  readonly networkNamespace: string | undefined;

  constructor(options: { name: string; folder: string; address: string; networkNamespace?: string }) {
    this.name = options.name;
    this.folder = options.folder;
    this.address = options.address;
    this.networkNamespace = options.networkNamespace;
    mkdirSync(this.folder, { recursive: true, mode: 0o755 });
    this.giveToUser(this.folder);
  }

  /** Makes the unprivileged user the owner of a file that this process has written. */
  giveToUser(path: string): void {
    const user = unprivilegedUser();
    if (user.mustSwitch) chownSync(path, user.uid, user.gid);
  }

  /** Runs a program to its end; a non-zero status is a value. */
  run(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    const child = this.launch(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin?.on('error', () => undefined); // it may end without reading what we give it
    child.stdin?.end(options.input ?? '');
    return collect(child, `${command} ${args.join(' ')}`, options.timeoutMs ?? 60_000);
  }

  /** @throws LocalCommandFailed unless the program ends with status 0. */
  async mustRun(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    const result = await this.run(command, args, options);
    if (result.status === 0) return result.stdout;
    const output = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new LocalCommandFailed(
      `${this.name}: "${command} ${args.join(' ')}" ended with status ${result.status}:\n${output}`,
    );
  }

  /** Starts a program that stays, in its own process group, with its output appended to `logFile`. */
  start(
    command: string,
    args: readonly string[],
    options: { logFile: string; env?: Readonly<Record<string, string>> },
  ): ChildProcess {
    const log = openSync(options.logFile, 'a', 0o644);
    try {
      this.giveToUser(options.logFile);
      return this.launch(command, args, { ...options, stdio: ['ignore', log, log] });
    } finally {
      closeSync(log);
    }
  }

  /** Every living process of this machine. */
  processes(): number[] {
    return processesWithin(this.folder);
  }

  /** SIGKILL to everything at once, repeated until nothing lives: what a power cut leaves of processes. */
  async kill(): Promise<void> {
    await waitFor(
      () => {
        const pids = this.processes();
        for (const pid of pids) signalProcess(pid, 'SIGKILL');
        return pids.length === 0;
      },
      { what: `the processes of ${this.name} to end`, timeoutMs: 10_000, intervalMs: 5 },
    );
  }

  signalAll(signal: NodeJS.Signals): void {
    for (const pid of this.processes()) signalProcess(pid, signal);
  }

  private launch(
    command: string,
    args: readonly string[],
    options: { env?: Readonly<Record<string, string>>; stdio: ('pipe' | 'ignore' | number)[] },
  ): ChildProcess {
    const user = unprivilegedUser();
    const env = {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: this.folder,
      USER: user.name,
      LOGNAME: user.name,
      TMPDIR: this.folder,
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      [hostFolderVariable]: this.folder,
      ...options.env,
    };
    const prefix = this.prefix();
    const [program = command, ...rest] = [...prefix, command, ...args];
    const switchUser = user.mustSwitch && prefix.length === 0 ? { uid: user.uid, gid: user.gid } : {};
    return spawn(program, rest, {
      cwd: this.folder,
      env,
      detached: true,
      stdio: options.stdio,
      ...switchUser,
    });
  }

  /** Entering a network namespace needs root, so the step down comes after it. */
  private prefix(): string[] {
    if (this.networkNamespace === undefined) return [];
    const user = unprivilegedUser();
    const enter = ['ip', 'netns', 'exec', this.networkNamespace];
    if (!user.mustSwitch) return enter;
    return [...enter, 'setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'];
  }
}

/** Waits for the program, not for daemons it left behind that still hold its output. */
function collect(child: ChildProcess, what: string, timeoutMs: number): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const limit = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) signalProcess(-child.pid, 'SIGKILL');
    }, timeoutMs);
    const finish = (status: number | null) => {
      clearTimeout(limit);
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (timedOut) {
        const output = `${stdout}${stderr}`.slice(-2_000);
        reject(new LocalCommandFailed(`"${what}" took longer than ${timeoutMs} ms:\n${output}`));
      } else resolve({ status, stdout, stderr });
    };
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(new LocalCommandFailed(`"${what}" can't be started: ${error.message}`, { cause: error }));
    });
    child.once('exit', (status) => {
      const drained = setTimeout(() => finish(status), 100);
      child.once('close', () => {
        clearTimeout(drained);
        finish(status);
      });
    });
  });
}
