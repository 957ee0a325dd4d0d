import type { ClusterEvent } from '../domain/event.ts';
import type { Lsn } from '../domain/lsn.ts';
import type { NodeId, NodeRecord } from '../domain/node.ts';
import type { Connection } from './connection.ts';

/** What is there of the schema `repmgr` in the connected database. */
export type SchemaState =
  | { readonly kind: 'absent' }
  /** Made by plain DDL, or owned by the original extension; both are used as they are. */
  | { readonly kind: 'present'; readonly ownedByExtension: boolean; readonly migration: number };

export interface EventRow {
  readonly nodeId: number;
  /** Empty for a node that is no longer registered. */
  readonly nodeName: string;
  readonly event: string;
  readonly successful: boolean;
  /** `YYYY-MM-DD HH24:MI:SS`. */
  readonly timestamp: string;
  readonly details: string | null;
}

export interface EventFilter {
  readonly nodeId?: number;
  readonly nodeName?: string;
  readonly event?: string;
  /** Absent = all. */
  readonly limit?: number;
}

/** A span of time in repmgr.events, both ends included; milliseconds since 1970. */
export interface EventSpan {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** The newest so many. */
  readonly limit: number;
}

/** An event with its time as a number, for comparing. */
export interface TimedEvent extends Pick<EventRow, 'nodeId' | 'event' | 'successful' | 'details'> {
  readonly atMs: number;
}

/** Where the daemon of a node listens; our own table, `repmgr.daemons`. */
export interface DaemonAddress {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
  /** Random id made at registration; with the node id it is the voter's identity. */
  readonly incarnation: string;
}

export interface MonitoringSample {
  readonly primaryNodeId: NodeId;
  readonly standbyNodeId: NodeId;
  readonly primaryLsn: Lsn;
  readonly receivedLsn: Lsn | null;
  readonly replayedLsn: Lsn | null;
  readonly lastReplayTimestamp: string | null;
}

/** Which samples of the monitoring history; without any restriction all of them. */
export interface MonitoringHistoryFilter {
  /** Only samples older than this many days; 0 = all. */
  readonly keepDays?: number;
  readonly standbyNodeId?: NodeId;
}

/**
 * The tables of schema `repmgr`. Every write goes to the primary; reads work on any node.
 * @throws QueryFailed, ConnectionFailed.
 */
export interface MetadataStore {
  schemaState(connection: Connection): Promise<SchemaState>;
  /** Creates the schema where absent and brings our own tables to the newest migration. */
  migrate(connection: Connection, grantTo?: string): Promise<{ created: boolean; migration: number }>;

  /** All nodes in node_id order. */
  nodes(connection: Connection): Promise<NodeRecord[]>;
  node(connection: Connection, nodeId: NodeId): Promise<NodeRecord | undefined>;
  nodeByName(connection: Connection, nodeName: string): Promise<NodeRecord | undefined>;
  /** The row with type `primary` and active. */
  recordedPrimary(connection: Connection): Promise<NodeRecord | undefined>;
  insertNode(connection: Connection, node: NodeRecord): Promise<void>;
  updateNode(connection: Connection, node: NodeRecord): Promise<boolean>;
  deleteNode(connection: Connection, nodeId: NodeId): Promise<boolean>;
  setActive(connection: Connection, nodeId: NodeId, active: boolean): Promise<boolean>;
  setUpstream(connection: Connection, nodeId: NodeId, upstreamNodeId: NodeId | null): Promise<boolean>;
  setSlotName(connection: Connection, nodeId: NodeId, slotName: string | null): Promise<boolean>;
  /** type standby, upstream, active true: what follow and rejoin write. */
  recordStandby(connection: Connection, nodeId: NodeId, upstreamNodeId: NodeId): Promise<boolean>;
  /** One transaction: other active primaries become inactive, this one primary, upstream NULL, active. */
  recordPromotion(connection: Connection, nodeId: NodeId): Promise<void>;
  /** Runs `work` in one transaction on the connection; rolls back when it throws. */
  transaction<T>(connection: Connection, work: () => Promise<T>): Promise<T>;

  /** Sets or inserts the single row. */
  setVotingTerm(connection: Connection, term: number): Promise<void>;
  votingTerm(connection: Connection): Promise<number | undefined>;

  /** Inserts and returns the row's event_timestamp as text. */
  insertEvent(connection: Connection, event: ClusterEvent): Promise<string>;
  events(connection: Connection, filter: EventFilter): Promise<EventRow[]>;
  /** Oldest first. */
  eventsWithin(connection: Connection, span: EventSpan): Promise<TimedEvent[]>;
  insertMonitoringSample(connection: Connection, sample: MonitoringSample): Promise<void>;

  countMonitoringHistory(connection: Connection, filter: MonitoringHistoryFilter): Promise<number>;
  deleteMonitoringHistory(connection: Connection, filter: MonitoringHistoryFilter): Promise<void>;
  vacuumMonitoringHistory(connection: Connection, timeoutMs: number): Promise<void>;

  /**
   * Differs whenever the nodes, the daemons' addresses or the cluster key differ. Their tables must all exist.
   */
  registrationFingerprint(connection: Connection): Promise<string>;

  daemonAddresses(connection: Connection): Promise<DaemonAddress[]>;
  putDaemonAddress(connection: Connection, address: DaemonAddress): Promise<void>;
  /** 32 random bytes in hexadecimal, made once per cluster; undefined before `primary register`. */
  clusterKey(connection: Connection): Promise<string | undefined>;
  ensureClusterKey(connection: Connection, candidate: string): Promise<string>;
}
