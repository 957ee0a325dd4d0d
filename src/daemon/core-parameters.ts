import { effectiveLeaseMs, reconnectProductMs } from '../config/effective-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { CoreParameters } from '../decisions/failover/state.ts';
import { defaultPromoteTimeoutMs } from '../decisions/failover/watch-operation.ts';
import type { NodeId, NodeRecord } from '../domain/node.ts';

/** Less than that, and a busy host looks like one that hangs. */
const shortestHangMs = 1_000;

/** What the core needs of repmgr.conf and of this node's record; priority counts as registered. */
export function coreParameters(loaded: LoadedSettings, record: NodeRecord | undefined): CoreParameters {
  const { settings } = loaded;
  const patienceMs = reconnectProductMs(loaded);
  return {
    nodeId: settings.node_id as NodeId,
    nodeName: settings.node_name,
    leaseMs: effectiveLeaseMs(loaded),
    heartbeatIntervalMs: settings.heartbeat_interval,
    fenceBudgetMs: settings.fence_budget,
    priority: record?.priority ?? settings.priority,
    promoteTimeoutMs: defaultPromoteTimeoutMs + settings.promote_delay * 1_000,
    isFailoverAutomatic: settings.failover === 'automatic',
    ...(settings.failover_validation_command === ''
      ? {}
      : { validationRerunMs: settings.election_rerun_interval * 1_000 }),
    crashAction: settings.primary_crash_action,
    crashWindowMs: settings.crash_window,
    restartTimeoutMs: settings.primary_restart_timeout,
    ...(patienceMs === undefined ? {} : { hangTimeoutMs: Math.max(shortestHangMs, patienceMs) }),
    isAutoRejoinOn: settings.auto_rejoin,
  };
}
