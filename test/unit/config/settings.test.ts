import { describe, expect, it } from 'vitest';
import { sections } from '../../../src/config/setting.ts';
import { defaultSettings, isSettingName, settingNamed, settingNames } from '../../../src/config/settings.ts';

describe.each(settingNames)('%s', (name) => {
  const setting = settingNamed(name);

  it('has a text of whole sentences', () => {
    expect(setting.text).toMatch(/^[A-Z"].{15,}\.$/s);
  });

  it('belongs to a section and says what a reload does', () => {
    expect(Object.keys(sections)).toContain(setting.section);
    expect(['yes', 'silent', 'no', 'registration', 'fixed']).toContain(setting.reload);
  });

  it('has a described type with limits in order', () => {
    expect(setting.type.description).not.toBe('');
    const { min, max } = setting.type.limits;
    if (min !== undefined && max !== undefined) expect(min).toBeLessThan(max);
  });

  it('renders its default so that it is read back, unless it is required or off', () => {
    const parsed = setting.type.parse(setting.type.render(setting.default));
    const offBelowMinimum = name === 'promote_delay' || name === 'failover_delay' || name === 'node_id';
    expect(parsed).toEqual(
      offBelowMinimum ? expect.objectContaining({ ok: false }) : { ok: true, value: setting.default },
    );
  });

  it('has an example that is valid', () => {
    if (setting.example === undefined) return;
    expect(setting.type.parse(setting.example)).toEqual({ ok: true, value: expect.anything() });
  });
});

describe('the table', () => {
  it('has the parameters of repmgr 5.5 and of ours as many as documented', () => {
    const repmgrs = settingNames.filter((name) => settingNamed(name).inRepmgr);
    expect(settingNames.length - repmgrs.length).toBe(17);
    expect(repmgrs.length).toBe(86);
  });

  it('knows its names and no others', () => {
    expect(isSettingName('node_id')).toBe(true);
    expect(isSettingName('nodeid')).toBe(false);
    expect(isSettingName('toString')).toBe(false);
  });

  it.each([
    ['log_level', 'INFO'],
    ['log_facility', 'STDERR'],
    ['log_status_interval', 300],
    ['priority', 100],
    ['location', 'default'],
    ['ssh_options', '-q -o ConnectTimeout=10'],
    ['promote_check_timeout', 60],
    ['promote_check_interval', 1],
    ['primary_follow_timeout', 60],
    ['standby_follow_timeout', 30],
    ['shutdown_check_timeout', 60],
    ['standby_reconnect_timeout', 60],
    ['wal_receive_check_timeout', 30],
    ['node_rejoin_timeout', 60],
    ['archive_ready_warning', 16],
    ['archive_ready_critical', 128],
    ['replication_lag_warning', 300],
    ['replication_lag_critical', 600],
    ['failover', 'manual'],
    ['monitor_interval_secs', 2],
    ['reconnect_attempts', 6],
    ['reconnect_interval', 10],
    ['connection_check_type', 'ping'],
    ['degraded_monitoring_timeout', -1],
    ['async_query_timeout', 60],
    ['primary_notification_timeout', 60],
    ['sibling_nodes_disconnect_timeout', 30],
    ['election_rerun_interval', 15],
    ['witness_sync_interval', 15],
    ['child_nodes_check_interval', 5],
    ['child_nodes_disconnect_timeout', 30],
    ['child_nodes_disconnect_min_count', -1],
    ['connection_check_query', 'SELECT 1'],
    ['api_port', 5479],
    ['heartbeat_interval', 250],
    ['lease', 3000],
    ['fence_budget', 700],
    ['primary_crash_action', 'auto'],
    ['primary_restart_timeout', 60_000],
    ['crash_window', 600_000],
    ['auto_rejoin', true],
    ['auto_reclone', true],
    ['diverged_retention', 14 * 86_400_000],
    ['recovery_wait', 60_000],
    ['failover_allow_data_loss', false],
    ['candidate_catchup_timeout', 10_000],
  ] as const)('%s defaults to %s', (name, value) => {
    expect(defaultSettings()[name]).toEqual(value);
  });
});
