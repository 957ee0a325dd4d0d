/** One process as the operating system sees it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** Short name, for example `postgres`. */
  readonly name: string;
  /** Distinguishes two processes that had the same pid one after the other. */
  readonly startTicks: string;
  /** A process that has ended but is still listed. */
  readonly isZombie: boolean;
  /** Working directory; undefined when it may not be seen (another user's process) or is gone. */
  readonly workingDirectory: string | undefined;
}

/** The processes of this host. */
export interface ProcessTable {
  /** Undefined when there is no such process. */
  find(pid: number): Promise<ProcessEntry | undefined>;
  list(): Promise<readonly ProcessEntry[]>;
  /** Its command line; undefined when there is no such process or it may not be seen. */
  argumentsOf(pid: number): Promise<readonly string[] | undefined>;
  /** False when the process is gone already. @throws OperationFailed when it may not be signalled. */
  signal(pid: number, signalName: 'SIGQUIT' | 'SIGKILL' | 'SIGTERM' | 'SIGCONT' | 'SIGHUP'): boolean;
}
