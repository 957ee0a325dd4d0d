import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { NodeId } from '../domain/node.ts';
import type { OperationContext } from '../operations/operation-context.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { LocalServer } from '../ports/local-server.ts';
import type { DaemonLog } from '../ports/logger.ts';
import type { NotificationQueue } from './notifications.ts';

/** The node that this daemon serves: what its parts share. Settings change by a reload only. */
export interface Node {
  readonly nodeId: NodeId;
  readonly adapters: Adapters;
  readonly log: DaemonLog;
  readonly notifications: NotificationQueue;
  /** Aborts when the daemon ends. */
  readonly ending: AbortSignal;
  settings: LoadedSettings;
  localServer: LocalServer;
}

/** For an operation that `signal` can end before the daemon does. */
export function operationContext(node: Node, signal: AbortSignal = node.ending): OperationContext {
  return {
    adapters: node.adapters,
    settings: node.settings,
    log: node.log,
    signal,
    notify: node.notifications.add,
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
