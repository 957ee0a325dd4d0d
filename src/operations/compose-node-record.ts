import { effectiveReplicationUser } from '../config/effective-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import { type NodeId, type NodeRecord, slotNameFor } from '../domain/node.ts';

export interface RecordFacts {
  readonly type: 'primary' | 'standby';
  readonly upstreamNodeId: NodeId | null;
  /** `--replication-user`. */
  readonly replicationUser: string | undefined;
  /** The node's record so far. */
  readonly existing: NodeRecord | undefined;
  /** `primary_slot_name` of the running standby; empty when it has none, undefined when nobody could tell. */
  readonly slotInUse: string | undefined;
}

/** The record of this node as repmgr.conf and the situation have it. */
export function composeNodeRecord(loaded: LoadedSettings, facts: RecordFacts): NodeRecord {
  const { settings } = loaded;
  return {
    nodeId: settings.node_id as NodeId,
    upstreamNodeId: facts.upstreamNodeId,
    active: true,
    nodeName: settings.node_name,
    type: facts.type,
    location: settings.location === '' ? 'default' : settings.location,
    priority: settings.priority,
    conninfo: settings.conninfo,
    replicationUser: facts.replicationUser ?? effectiveReplicationUser(settings) ?? '',
    slotName: slotNameOf(loaded, facts),
    configFile: loaded.configFile ?? '',
  };
}

/**
 * With use_replication_slots in the file it decides, else what the server does; an existing name is kept where
 * there is no better one, as upstreams may hold a slot of that name.
 */
function slotNameOf(loaded: LoadedSettings, facts: RecordFacts): string | null {
  const kept = facts.existing?.slotName ?? null;
  if (loaded.isSet('use_replication_slots')) {
    const { use_replication_slots: usesSlots, node_id: nodeId } = loaded.settings;
    return usesSlots ? slotNameFor(nodeId as NodeId) : kept;
  }
  return facts.slotInUse === undefined || facts.slotInUse === '' ? kept : facts.slotInUse;
}
