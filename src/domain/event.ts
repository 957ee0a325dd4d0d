/** Names in `repmgr.events.event`, which notification scripts and monitoring filter on. */
export type EventName =
  | 'cluster_created'
  | 'primary_register'
  | 'primary_unregister'
  | 'standby_clone'
  | 'standby_register'
  | 'standby_register_sync'
  | 'standby_unregister'
  | 'standby_promote'
  | 'standby_follow'
  | 'standby_switchover'
  | 'witness_register'
  | 'witness_unregister'
  | 'node_rejoin'
  | 'cluster_cleanup'
  | 'repmgrd_start'
  | 'repmgrd_reload'
  | 'repmgrd_shutdown'
  | 'repmgrd_local_disconnect'
  | 'repmgrd_local_reconnect'
  | 'repmgrd_standby_reconnect'
  | 'repmgrd_upstream_disconnect'
  | 'repmgrd_upstream_reconnect'
  | 'repmgrd_failover_promote'
  | 'repmgrd_promote_error'
  | 'repmgrd_failover_follow'
  | 'repmgrd_failover_abort'
  | 'repmgrd_failover_aborted'
  | 'standby_disconnect_manual'
  | 'standby_failure'
  | 'standby_recovery'
  | 'child_node_disconnect'
  | 'child_node_reconnect'
  | 'child_node_new_connect'
  | 'child_nodes_disconnect_command'
  // Ours, beyond repmgr 5.5:
  | 'repmgrd_fence'
  | 'repmgrd_handover'
  | 'repmgrd_crash_restart'
  | 'repmgrd_no_quorum'
  | 'repmgrd_reclone'
  | 'duplicate_node_id';

export interface ClusterEvent {
  readonly nodeId: number;
  readonly event: EventName;
  readonly successful: boolean;
  readonly details: string | null;
  /** What `%p %c %a` of `event_notification_command` expand to; absent ones expand to nothing. */
  readonly context?: { readonly nodeId?: number; readonly conninfo?: string; readonly nodeName?: string };
}
