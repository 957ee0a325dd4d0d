import type { NodeId, NodeType } from '../../domain/node.ts';
import type { DaemonStatus } from '../../domain/peer-messages.ts';

export type DaemonView = Pick<
  DaemonStatus,
  | 'nodeId'
  | 'nodeName'
  | 'role'
  | 'leaseHolder'
  | 'paused'
  | 'manual'
  | 'isPromotable'
  | 'notPromotableReason'
>;

export interface ShutdownFacts {
  readonly nodeId: NodeId;
  readonly isRunning: boolean;
  /** Null when PostgreSQL lets nobody in. */
  readonly recoveryState: 'primary' | 'standby' | null;
  /** As registered; null when that could not be read. */
  readonly type: NodeType | null;
  /** Of this node; null when it is silent. */
  readonly daemon: DaemonView | null;
  /** Of the other nodes, as far as they answer. */
  readonly others: readonly DaemonView[];
  /** Names of the standbys that stream from here. */
  readonly attached: readonly string[];
}

export type ShutdownVerdict =
  | { readonly kind: 'not running' }
  /** Nobody has to take over. */
  | { readonly kind: 'stop' }
  | {
      readonly kind: 'hand over';
      /** Who might take over; empty only where it is forced. */
      readonly heirs: readonly DaemonView[];
      /** Why nobody would, for sure; to be overridden by force only. */
      readonly obstacles: readonly string[];
    };

/** What shutting down the PostgreSQL of a node means for the cluster. */
export function judgeShutdown(facts: ShutdownFacts): ShutdownVerdict {
  if (!facts.isRunning) return { kind: 'not running' };
  if (!mayBePrimary(facts)) return { kind: 'stop' };
  const heirs = facts.others.filter((other) => other.isPromotable && facts.attached.includes(other.nodeName));
  return { kind: 'hand over', heirs, obstacles: [...obstaclesHere(facts), ...obstaclesThere(facts, heirs)] };
}

/** A witness has a server of its own that no other node depends on. */
function mayBePrimary({ recoveryState, type, daemon }: ShutdownFacts): boolean {
  if (type === 'witness') return false;
  return recoveryState === 'primary' || (recoveryState === null && daemon?.role !== 'follower');
}

function obstaclesHere({ daemon, nodeId, recoveryState }: ShutdownFacts): string[] {
  if (daemon === null) return ['repmgrd of this node does not answer, so nothing would be handed over'];
  const problems: string[] = [];
  if (recoveryState === null) problems.push('PostgreSQL of this node lets nobody in');
  if (daemon.role !== 'primary') problems.push(`repmgrd of this node is "${daemon.role}", not primary`);
  else if (daemon.leaseHolder !== nodeId) problems.push('no majority acknowledges the lease of this node');
  if (daemon.paused) problems.push('failover is paused, so nobody would take over');
  else if (daemon.manual) problems.push('failover is "manual" on this node, so nobody would take over');
  return problems;
}

function obstaclesThere({ others, attached }: ShutdownFacts, heirs: readonly DaemonView[]): string[] {
  if (heirs.length > 0) return [];
  if (others.length === 0) return ['no repmgrd of another node answers'];
  const reasons = others.map((other) => {
    const reason = other.notPromotableReason ?? (attached.includes(other.nodeName) ? '' : 'does not stream');
    return `node "${other.nodeName}" (ID: ${other.nodeId}): ${reason}`;
  });
  return [`no standby may be promoted: ${reasons.join('; ')}`];
}
