import type { NodeId, NodeRecord } from '../../domain/node.ts';
import type { SystemIdentifier } from '../../domain/system-identifier.ts';
import type { BasebackupOptions } from './basebackup-options.ts';

/** What was observed of the server to clone from and of the cluster that it belongs to. */
export interface SourceFacts {
  readonly serverVersionNum: number;
  readonly settings: ReadonlyMap<string, string | null>;
  readonly walSendersInUse: number;
  /** How many of the wanted replication connections could really be opened, and why not more. */
  readonly replicationConnections: {
    readonly wanted: number;
    readonly opened: number;
    readonly error: string | null;
  };
  /** The schema `repmgr` on the primary. */
  readonly metadata: 'present' | 'absent';
  readonly systemIdentifier: SystemIdentifier | null;
  /** Another registered node that could be asked; null when none could. */
  readonly otherNode: { readonly nodeName: string; readonly systemIdentifier: SystemIdentifier } | null;
  readonly sourceIsInRecovery: boolean;
  readonly upstream: NodeRecord | null;
  /** A node registered under the same name. */
  readonly namesake: NodeRecord | null;
  readonly maySlotsBeMade: boolean;
}

export interface CloneWish {
  readonly nodeId: NodeId | null;
  readonly nodeName: string;
  readonly upstreamNodeId: NodeId | null;
  readonly hasUpstreamConninfo: boolean;
  readonly usesSlots: boolean;
  readonly hasRestoreCommand: boolean;
  readonly verifyBackup: boolean;
  readonly basebackup: BasebackupOptions;
  readonly force: boolean;
}
