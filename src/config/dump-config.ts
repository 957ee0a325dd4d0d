import { type SettingName, type Settings, settingNamed, settingNames } from './settings.ts';

/** The order in which repmgr dumps its parameters, which scripts may compare line by line. */
const dumpOrder = `
node_id node_name conninfo replication_user data_directory config_directory pg_bindir repmgr_bindir
replication_type log_level log_facility log_file log_status_interval use_replication_slots
pg_basebackup_options restore_command tablespace_mapping recovery_min_apply_delay archive_cleanup_command
use_primary_conninfo_password passfile promote_check_timeout promote_check_interval primary_follow_timeout
standby_follow_timeout standby_follow_restart shutdown_check_timeout standby_reconnect_timeout
wal_receive_check_timeout node_rejoin_timeout archive_ready_warning archive_ready_critical
replication_lag_warning replication_lag_critical witness_sync_interval failover location priority
promote_command follow_command monitor_interval_secs reconnect_attempts reconnect_interval monitoring_history
degraded_monitoring_timeout async_query_timeout primary_notification_timeout repmgrd_standby_startup_timeout
repmgrd_pid_file repmgrd_exit_on_inactive_node standby_disconnect_on_failover sibling_nodes_disconnect_timeout
connection_check_type primary_visibility_consensus always_promote failover_validation_command
election_rerun_interval child_nodes_check_interval child_nodes_disconnect_min_count
child_nodes_connected_min_count child_nodes_connected_include_witness child_nodes_disconnect_timeout
child_nodes_disconnect_command pg_ctl_options service_start_command service_stop_command
service_restart_command service_reload_command service_promote_command repmgrd_service_start_command
repmgrd_service_stop_command event_notification_command event_notifications barman_host barman_server
barman_config rsync_options ssh_options reconnect_loop_sync promote_delay failover_delay connection_check_query
`
  .trim()
  .split(/\s+/) as readonly SettingName[];

/** One line `name|value` per parameter: repmgr's in repmgr's order, then those it does not know. */
export function dumpConfig(settings: Settings): readonly string[] {
  const further = settingNames.filter((name) => !dumpOrder.includes(name));
  return [...dumpOrder, ...further].map(
    (name) => `${name}|${settingNamed(name).type.render(settings[name])}`,
  );
}
