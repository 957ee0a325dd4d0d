import type { SettingName } from '../src/config/settings.ts';

/** Parameters that are read, checked and shown by --dump-config, and that nothing looks at in this release. */
const withoutEffect: ReadonlySet<SettingName> = new Set<SettingName>([
  'archive_ready_critical',
  'archive_ready_warning',
  'async_query_timeout',
  'barman_config',
  'barman_server',
  'candidate_catchup_timeout',
  'child_nodes_check_interval',
  'child_nodes_connected_include_witness',
  'child_nodes_connected_min_count',
  'child_nodes_disconnect_command',
  'child_nodes_disconnect_min_count',
  'child_nodes_disconnect_timeout',
  'connection_check_query',
  'connection_check_type',
  'degraded_monitoring_timeout',
  'failover_allow_data_loss',
  'failover_delay',
  'pg_backupapi_backup_id',
  'pg_backupapi_node_name',
  'pg_backupapi_remote_ssh_command',
  'primary_notification_timeout',
  'promote_check_interval',
  'reconnect_loop_sync',
  'recovery_wait',
  'replication_lag_critical',
  'replication_lag_warning',
  'replication_type',
  'repmgrd_exit_on_inactive_node',
  'repmgrd_standby_startup_timeout',
  'shutdown_check_timeout',
  'sibling_nodes_disconnect_timeout',
  'wal_receive_check_timeout',
  'witness_sync_interval',
]);

/** What repmgrd does in any case, whatever they say. */
const always: ReadonlySet<SettingName> = new Set<SettingName>([
  'always_promote',
  'primary_visibility_consensus',
  'standby_disconnect_on_failover',
]);

/** Parameters that do less than their text says. */
const limits: Partial<Readonly<Record<SettingName, string>>> = {
  barman_host: '`standby clone` refuses to run while it is set, unless `--without-barman` is given',
  pg_backupapi_host: '`standby clone` refuses to run while it is set',
};

/** What a parameter does in this release where that is less than its text; undefined when the text holds. */
export function describeEffect(name: SettingName): string | undefined {
  if (always.has(name)) return 'none, as repmgrd does so in any case; the parameter is accepted';
  return withoutEffect.has(name) ? 'none in this release; the parameter is accepted' : limits[name];
}
