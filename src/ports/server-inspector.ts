import type { Lsn } from '../domain/lsn.ts';
import type { RecoveryState } from '../domain/node.ts';
import type { SystemIdentifier } from '../domain/system-identifier.ts';
import type { TimelineId, TimelineSwitch } from '../domain/timeline.ts';
import type { Connection } from './connection.ts';

export interface WalPositions {
  readonly recoveryState: RecoveryState;
  /** That a primary writes; of a standby the newest that its control file knows to be replayed. */
  readonly timeline: TimelineId;
  /** pg_current_wal_insert_lsn() and pg_current_wal_flush_lsn(); null on a standby. */
  readonly insertLsn: Lsn | null;
  readonly flushLsn: Lsn | null;
  /** pg_last_wal_receive_lsn(); null on a primary or before anything was streamed. */
  readonly receivedLsn: Lsn | null;
  readonly replayedLsn: Lsn | null;
  readonly isReplayPaused: boolean;
  /** recovery_min_apply_delay of a standby as PostgreSQL prints it; null where nothing is delayed. */
  readonly applyDelay?: string | null;
  /** Seconds since the last replayed transaction, 0 when everything received is replayed, null if unknown. */
  readonly replayLagSecs: number | null;
  readonly lastReplayTimestamp: string | null;
  readonly walReceiver: WalReceiverStatus | null;
}

export interface WalReceiverStatus {
  readonly pid: number;
  /** Null when the role may not see it (pg_read_all_stats). */
  readonly status: string | null;
  readonly receivedTimeline: TimelineId | null;
  readonly flushedLsn: Lsn | null;
}

/** One row of pg_stat_replication (manual 28.2.4). */
export interface ReplicationRow {
  readonly pid: number;
  readonly applicationName: string;
  /** Null when the role may not see it. */
  readonly state: string | null;
  readonly flushLsn: Lsn | null;
  readonly replayLsn: Lsn | null;
  readonly syncState: string | null;
}

export interface ReplicationSlot {
  readonly slotName: string;
  readonly slotType: 'physical' | 'logical';
  readonly active: boolean;
  readonly restartLsn: Lsn | null;
  /** reserved, extended, unreserved, lost; null before PostgreSQL 13 or when nothing is reserved. */
  readonly walStatus: string | null;
}

/** Result of IDENTIFY_SYSTEM (manual 55.4). */
export interface SystemIdentity {
  readonly systemIdentifier: SystemIdentifier;
  readonly timeline: TimelineId;
  readonly walPosition: Lsn;
}

export type AttachmentState = 'attached' | 'notStreaming' | 'absent' | 'unknown';

/** Questions asked of a server over an open connection. Each is one round trip unless it says otherwise. */
export interface ServerInspector {
  recoveryState(connection: Connection): Promise<RecoveryState>;
  walPositions(connection: Connection): Promise<WalPositions>;
  replicationRows(connection: Connection): Promise<ReplicationRow[]>;
  /** Whether exactly one streaming session of that application_name exists (repmgr's attachment test). */
  attachmentOf(connection: Connection, applicationName: string): Promise<AttachmentState>;
  /** Lets `writeWalMark` wait for the local disk only, and work in sessions that are read-only by default. */
  prepareWalMarks(connection: Connection): Promise<void>;
  /** Writes a tiny record that changes nothing, flushed when this resolves; its end, null when it was not told. */
  writeWalMark(connection: Connection): Promise<Lsn | null>;
  replicationSlots(connection: Connection): Promise<ReplicationSlot[]>;
  /** current_setting of each name; null for one that doesn't exist or may not be read. */
  settings(connection: Connection, names: readonly string[]): Promise<ReadonlyMap<string, string | null>>;
  /** pg_control_system() and pg_control_checkpoint(). */
  controlState(
    connection: Connection,
  ): Promise<{ systemIdentifier: SystemIdentifier; checkpointTimeline: TimelineId }>;
  /** Size of all databases in bytes, null when the role may not see it. */
  totalDataBytes(connection: Connection): Promise<bigint | null>;
  isSuperuser(connection: Connection): Promise<boolean>;
  hasReplicationAttribute(connection: Connection): Promise<boolean>;
  /** EXECUTE on pg_promote(bool,int). */
  mayPromote(connection: Connection): Promise<boolean>;
  /** Superuser, or member of pg_checkpoint from 15. */
  mayCheckpoint(connection: Connection): Promise<boolean>;
  /** Files that settings come from, hba_file and ident_file included; null when the role may not see them. */
  configurationFiles(connection: Connection): Promise<readonly string[] | null>;
  tablespaceLocations(connection: Connection): Promise<readonly { oid: string; location: string }[]>;

  /** On a replication connection: IDENTIFY_SYSTEM. */
  identifySystem(connection: Connection): Promise<SystemIdentity>;
  /** On a replication connection: TIMELINE_HISTORY of `timeline`, oldest first; empty for timeline 1. */
  timelineHistory(connection: Connection, timeline: TimelineId): Promise<readonly TimelineSwitch[]>;

  /** Works over ordinary (SQL) and replication connections alike. */
  createPhysicalSlot(connection: Connection, slotName: string): Promise<'created' | 'reused'>;
  /** 'active' means it was left alone because somebody streams from it. */
  dropSlot(connection: Connection, slotName: string): Promise<'dropped' | 'absent' | 'active'>;
  /** pg_promote(wait => false): returns at once, the caller watches. */
  promote(connection: Connection): Promise<void>;
  checkpoint(connection: Connection, timeoutMs: number): Promise<void>;
  reloadConfiguration(connection: Connection): Promise<void>;
  alterSystem(connection: Connection, name: string, value: string | null): Promise<void>;
}
