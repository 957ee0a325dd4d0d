import type { NodeId } from './node.ts';

/** Orders configurations: by term first, then by counter. */
export interface ConfigurationVersion {
  readonly term: number;
  readonly counter: number;
}

/** A daemon that takes part in elections, and how its node is reached. */
export interface Voter {
  readonly nodeId: NodeId;
  readonly nodeName: string;
  /** Random id made at registration; a node id with another incarnation is another voter. */
  readonly incarnation: string;
  readonly host: string;
  readonly port: number;
  readonly conninfo: string;
  readonly replicationUser: string;
  /** Place where the node stands, as registered; absent when an earlier release wrote it. */
  readonly location?: string;
}

/** Owned by the primary, stored durably by every voter, carried in every heartbeat. */
export interface VotingConfiguration {
  readonly version: ConfigurationVersion;
  readonly voters: readonly Voter[];
  readonly leaseMs: number;
  readonly heartbeatIntervalMs: number;
  /** Set by the operator (`service pause`): no votes, no fencing. */
  readonly paused: boolean;
  /** `failover=manual` on the primary: the same effect, but not the operator's to lift. */
  readonly manual: boolean;
}

/** Whether elections and fencing are suspended. */
export function isSuspended(configuration: VotingConfiguration): boolean {
  return configuration.paused || configuration.manual;
}

export function compareVersions(a: ConfigurationVersion, b: ConfigurationVersion): number {
  return a.term - b.term || a.counter - b.counter;
}
