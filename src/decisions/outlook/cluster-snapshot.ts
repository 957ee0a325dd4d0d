import type { NodeId, RecoveryState } from '../../domain/node.ts';
import type { DaemonStatus } from '../../domain/peer-messages.ts';
import { compareVersions } from '../../domain/voting-configuration.ts';
import type { SynchronousStandbys } from './synchronous-standbys.ts';

/** A registered node and what was heard of it. */
export interface NodeSnapshot {
  readonly nodeId: NodeId;
  readonly nodeName: string;
  readonly isWitness: boolean;
  /** As registered; absent where it is not known. */
  readonly location?: string;
  /** What its daemon says; null when it is silent. */
  readonly status: DaemonStatus | null;
  /** Why there is no status, for people. */
  readonly silence: string | null;
  /** What its PostgreSQL itself answered; null when it did not. */
  readonly server: RecoveryState | null;
}

/** The cluster as one look at all daemons and servers shows it: what predictions and the verdict are made from. */
export interface ClusterSnapshot {
  readonly nodes: readonly NodeSnapshot[];
  /** Null when the primary could not be asked. */
  readonly synchronous: SynchronousStandbys | null;
}

export type PrimarySighting =
  | { readonly kind: 'reigning'; readonly node: NodeSnapshot }
  /** Its PostgreSQL accepts writes, its daemon is silent or does not lead. */
  | { readonly kind: 'unguarded'; readonly node: NodeSnapshot }
  | { readonly kind: 'several'; readonly nodes: readonly NodeSnapshot[] }
  | { readonly kind: 'none' };

export function nodeOf(snapshot: ClusterSnapshot, nodeId: NodeId): NodeSnapshot | undefined {
  return snapshot.nodes.find((node) => node.nodeId === nodeId);
}

/** Name of a node for people, also of one that is registered no more. */
export function nameOf(snapshot: ClusterSnapshot, nodeId: NodeId): string {
  return nodeOf(snapshot, nodeId)?.nodeName ?? `node ${nodeId}`;
}

/** The voters of the newest configuration that anybody knows; before the first one, all nodes. */
export function votersOf({ nodes }: ClusterSnapshot): readonly NodeId[] {
  const known = nodes.flatMap(({ status }) =>
    status === null || status.configurationVersion === null
      ? []
      : [{ version: status.configurationVersion, voterIds: status.voterIds }],
  );
  const newest = known.toSorted((a, b) => compareVersions(b.version, a.version))[0];
  return newest?.voterIds ?? nodes.map((node) => node.nodeId);
}

export function primaryOf({ nodes }: ClusterSnapshot): PrimarySighting {
  const leading = nodes.filter(({ status }) => status?.role === 'primary' && status.phase === 'writable');
  const open = nodes.filter(
    (node) => node.server === 'primary' && !node.isWitness && !leading.includes(node),
  );
  const all = [...leading, ...open];
  const [first] = all;
  if (first === undefined) return { kind: 'none' };
  if (all.length > 1) return { kind: 'several', nodes: all };
  return { kind: leading.length === 1 ? 'reigning' : 'unguarded', node: first };
}

/** The lease in force, of whichever daemon tells it. */
export function leaseMsOf({ nodes }: ClusterSnapshot): number {
  const told = nodes.flatMap(({ status }) => status?.leaseMs ?? []);
  return told.length === 0 ? 3_000 : Math.max(...told);
}

/** Whether elections and fencing are suspended, as somebody says who would refuse his vote. */
export function suspensionOf({ nodes }: ClusterSnapshot): 'paused' | 'manual' | null {
  if (nodes.some(({ status }) => status?.paused === true)) return 'paused';
  return nodes.some(({ status }) => status?.manual === true) ? 'manual' : null;
}
