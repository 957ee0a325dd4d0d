export interface CommandSpec {
  /** Path or name of the program; with `shell`, one string handed to `/bin/sh -c`. */
  readonly command: string;
  readonly args?: readonly string[];
  readonly shell?: boolean;
  /** Added to the environment of this process; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Given to the program on standard input; otherwise standard input is closed. */
  readonly input?: string;
  /** SIGTERM to the process group at this limit, SIGKILL `killAfterMs` later. */
  readonly timeoutMs: number;
  readonly killAfterMs?: number;
  readonly signal?: AbortSignal;
  /** Called for each full line as it comes. Carriage returns count as line ends (progress output). */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
}

export interface CommandResult {
  /** Null when the program was ended by a signal. */
  readonly exitStatus: number | null;
  readonly signalName: string | null;
  /** Capped; the beginning is dropped when a program writes more than a mebibyte. */
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly durationMs: number;
}

/**
 * Runs programs of this host. Resolves when the program itself has exited, even if a daemon it left behind
 * still holds its output (pg_ctl start). A non-zero status is a value, not an error.
 * @throws LocalCommandFailed when the program can't be started at all (not found, not executable).
 */
export interface CommandRunner {
  run(spec: CommandSpec): Promise<CommandResult>;
}
