import type { Lsn } from '../domain/lsn.ts';
import type { SystemIdentifier } from '../domain/system-identifier.ts';
import type { TimelineId } from '../domain/timeline.ts';

/** "Database cluster state" as pg_controldata prints it. */
export type ControlState =
  | 'starting up'
  | 'shut down'
  | 'shut down in recovery'
  | 'shutting down'
  | 'in crash recovery'
  | 'in archive recovery'
  | 'in production';

/** What the control file says; see pg_controldata in the manual. */
export interface ControlData {
  readonly systemIdentifier: SystemIdentifier;
  readonly state: ControlState;
  readonly checkpointLsn: Lsn;
  readonly checkpointRedoLsn: Lsn;
  readonly checkpointTimeline: TimelineId;
  readonly minRecoveryEndLsn: Lsn;
  readonly minRecoveryEndTimeline: TimelineId;
  readonly dataChecksums: boolean;
  readonly walLogHints: boolean;
  readonly walSegmentSizeBytes: number;
}

/** The processes of a data directory, from postmaster.pid and the process table. */
export type ProcessState =
  | { readonly kind: 'absent' }
  /** postmaster.pid exists, nobody of that pid lives. */
  | { readonly kind: 'stale'; readonly pid: number }
  | { readonly kind: 'running'; readonly pid: number; readonly statusLine: string };

export type StopMode = 'smart' | 'fast' | 'immediate';

export interface ReplicationConfiguration {
  /** Rendered `primary_conninfo`; null removes it, undefined leaves it. */
  readonly primaryConninfo?: string | null;
  readonly primarySlotName?: string | null;
  readonly restoreCommand?: string | null;
  readonly archiveCleanupCommand?: string | null;
  readonly recoveryMinApplyDelay?: string | null;
  /** With units, for example `100ms`. Bounds how long a promotion may sleep after the stream broke. */
  readonly walRetrieveRetryInterval?: string | null;
}

/**
 * The PostgreSQL instance of this host, by its data directory; works with the server stopped.
 * Service commands of repmgr.conf are used where configured, else pg_ctl.
 * @throws LocalCommandFailed naming command, status and the end of its output; ConfigurationError when the
 * directory isn't a data directory.
 */
export interface LocalServer {
  readonly dataDirectory: string;
  /** Content of PG_VERSION ("15"), undefined when it isn't a data directory. */
  majorVersion(): Promise<number | undefined>;
  controlData(): Promise<ControlData>;
  processState(): Promise<ProcessState>;
  /** Starts and, with `wait`, resolves when it accepts connections. */
  start(options: { wait: boolean; timeoutMs: number; signal?: AbortSignal }): Promise<void>;
  stop(options: { mode: StopMode; wait: boolean; timeoutMs: number; signal?: AbortSignal }): Promise<void>;
  restart(options: { timeoutMs: number; signal?: AbortSignal }): Promise<void>;
  reload(options: { timeoutMs: number }): Promise<void>;
  promote(options: { timeoutMs: number }): Promise<void>;
  /** The command line that `action` would run, for --dry-run and --list-actions. */
  describe(action: 'start' | 'stop' | 'restart' | 'reload' | 'promote'): string;
  /** True where repmgr.conf gives a command for it. */
  hasServiceCommand(action: 'start' | 'stop' | 'restart' | 'reload' | 'promote'): boolean;
  /**
   * SIGQUIT, then SIGKILL, to the postmaster and every process of this data directory, each step verified
   * against the process table. `deadlineMs` bounds the whole ladder.
   */
  fence(options: {
    quitMs: number;
    deadlineMs: number;
  }): Promise<{ verified: boolean; killed: number; steps: readonly string[] }>;
  /** Removes a postmaster.pid that keeps PostgreSQL from starting although nothing of it is alive. */
  removeRecycledPidFile(): Promise<void>;
  /** Writes standby.signal (12+), durably. */
  writeStandbySignal(): Promise<void>;
  removeStandbySignal(): Promise<void>;
  hasStandbySignal(): Promise<boolean>;
  /** Merges keys into postgresql.auto.conf through a temporary file, keeping all other settings. */
  writeReplicationConfiguration(configuration: ReplicationConfiguration): Promise<void>;
  /** Value of a key in postgresql.auto.conf, undefined when it isn't set there. */
  autoConfValue(name: string): Promise<string | undefined>;
  /** Creates an empty `<timeline>.history` in pg_wal so that PostgreSQL takes a later number (failover.md §6.7). */
  reserveTimeline(timeline: TimelineId): Promise<void>;
  /**
   * Removes reservations above all timelines that this server has or knows. With them it would never come up as a
   * standby; `start` does this by itself, other ways to start it don't. To be called when a promotion was given up.
   */
  releaseTimelines(): Promise<readonly TimelineId[]>;
  /**
   * Removes from the pg_wal of the stopped server the histories and segments of all later timelines, and returns their
   * names. A standby goes to the latest timeline of which it finds a history, and never back; so this is for a node
   * that has no record of any of them and is to follow a server that is on `timeline`.
   */
  forgetTimelinesAfter(timeline: TimelineId): Promise<readonly string[]>;
  /** Timelines of which pg_wal holds a history file, ascending; reserved ones are among them. */
  knownTimelines(): Promise<readonly TimelineId[]>;
  /** End of valid WAL on disk, read with pg_waldump from the last checkpoint; undefined when unreadable. */
  endOfWal(): Promise<{ lsn: Lsn; timeline: TimelineId } | undefined>;
}
