import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.ts';
import type { SettingName } from '../../../src/config/settings.ts';
import { ConfigurationError } from '../../../src/domain/errors/repmgr-error.ts';
import { configFilesInMemory } from './config-files-in-memory.ts';

const path = '/etc/repmgr.conf';
const required = [
  'node_id=1',
  'node_name=node1',
  "conninfo='host=node1 user=repmgr dbname=repmgr'",
  "data_directory='/data'",
].join('\n');

async function load(text: string) {
  return loadSettings({ cwd: '/home', files: configFilesInMemory({ [path]: `${required}\n${text}` }) });
}

async function failureOf(promise: Promise<unknown>): Promise<ConfigurationError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('expected a ConfigurationError');
}

async function problemsOf(text: string): Promise<string[]> {
  return (await failureOf(load(text))).message.split('\n').slice(1);
}

describe('values', () => {
  it.each<readonly [SettingName, string, unknown]>([
    ['node_id', '1', 1],
    ['node_id', '+7', 7],
    ['node_id', '2147483647', 2_147_483_647],
    ['priority', "''", 0],
    ['priority', "' 5 '", 5],
    ['degraded_monitoring_timeout', '-1', -1],
    ['degraded_monitoring_timeout', '0', 0],
    ['child_nodes_disconnect_min_count', '-1', -1],
    ['use_replication_slots', 'YES', true],
    ['use_replication_slots', 'oN', true],
    ['use_replication_slots', '1', true],
    ['use_replication_slots', 'False', false],
    ['use_replication_slots', '0', false],
    ['replication_type', 'PHYSICAL', 'physical'],
    ['connection_check_type', 'Query', 'query'],
    ['failover', 'automatic', 'automatic'],
    ['log_level', 'crit', 'CRIT'],
    ['log_facility', 'LOCAL7', 'LOCAL7'],
    ['data_directory', "'/var//lib/./pg/'", '/var/lib/pg'],
    ['data_directory', "'/'", '/'],
    ['data_directory', "'/a/../b'", '/a/../b'],
    ['config_directory', "''", ''],
    ['config_directory', "'./x/'", 'x'],
    ['config_directory', "'./'", '.'],
    ['recovery_min_apply_delay', '5min', '5min'],
    ['recovery_min_apply_delay', '0', '0'],
    ['recovery_min_apply_delay', "''", ''],
    ['tablespace_mapping', "'/a/=/b//c'", [{ from: '/a', to: '/b/c' }]],
    ['tablespace_mapping', String.raw`'/a\\=x=/b'`, [{ from: '/a=x', to: '/b' }]],
    ['event_notifications', "' standby_register, ,node_rejoin '", ['standby_register', 'node_rejoin']],
    ['heartbeat_interval', '100', 100],
    ['heartbeat_interval', "'1 s'", 1000],
    ['lease', '10s', 10_000],
    ['lease', '1min', 60_000],
    ['primary_restart_timeout', '90', 90_000],
    ['crash_window', '2h', 7_200_000],
    ['diverged_retention', '7', 7 * 86_400_000],
    ['api_port', '65535', 65_535],
    ['fence_command', `'${'x'.repeat(1024)}'`, 'x'.repeat(1024)],
    ['node_name', `'${'ä'.repeat(31)}'`, 'ä'.repeat(31)],
  ])('%s=%s', async (name, text, value) => {
    const loaded = await load(`${name}=${text}`);
    expect(loaded.settings[name]).toEqual(value);
    expect(loaded.isSet(name)).toBe(true);
    expect(loaded.warnings).toEqual([]);
  });

  it.each([
    ['priority', '60s', 60, '"priority" is read as 60: "s" after the digits of "60s" is ignored'],
    ['priority', '0x10', 0, '"priority" is read as 0: "x10" after the digits of "0x10" is ignored'],
    [
      'reconnect_attempts',
      '4.5',
      4,
      '"reconnect_attempts" is read as 4: ".5" after the digits of "4.5" is ignored',
    ],
    [
      'log_level',
      'LOUD',
      'INFO',
      '"log_level" must be one of "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "ALERT", "CRIT", "EMERG", ' +
        'not "LOUD"; "INFO" is used',
    ],
    [
      'log_facility',
      'local0',
      'STDERR',
      '"log_facility" must be one of "STDERR", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", ' +
        '"LOCAL6", "LOCAL7", "USER", not "local0"; "STDERR" is used',
    ],
  ] as const)('%s=%s is understood with a warning', async (name, text, value, warning) => {
    const loaded = await load(`${name}=${text}`);
    expect(loaded.settings[name]).toBe(value);
    expect(loaded.warnings).toEqual([`${path}:5: ${warning}`]);
  });

  it.each([
    ['node_id=0', '"node_id" must be 1 or more, not "0"'],
    ["node_id=''", '"node_id" must be 1 or more, not ""'],
    ['node_id=-3', '"node_id" must be 1 or more, not "-3"'],
    ['node_id=2147483648', '"node_id" must be 2147483647 or less, not "2147483648"'],
    ['node_id=one', '"node_id" must be an integer, not "one"'],
    ['promote_delay=0', '"promote_delay" must be 1 or more, not "0"'],
    ['child_nodes_check_interval=0', '"child_nodes_check_interval" must be 1 or more, not "0"'],
    ['degraded_monitoring_timeout=-2', '"degraded_monitoring_timeout" must be -1 or more, not "-2"'],
    ['api_port=65536', '"api_port" must be 65535 or less, not "65536"'],
    [
      "monitoring_history='enabled'",
      '"monitoring_history" must be one of "true", "false", "on", "off", "yes", "no", "1", "0", not "enabled"',
    ],
    ['failover=Automatic', '"failover" must be one of "manual", "automatic", not "Automatic"'],
    ['replication_type=logical', '"replication_type" must be one of "physical", not "logical"'],
    [`node_name='${'n'.repeat(64)}'`, '"node_name" must be at most 63 bytes long, and has 64'],
    [`node_name='${'ä'.repeat(32)}'`, '"node_name" must be at most 63 bytes long, and has 64'],
    [
      `promote_command='${'n'.repeat(1025)}'`,
      '"promote_command" must be at most 1024 bytes long, and has 1025',
    ],
    [
      "recovery_min_apply_delay='5 min'",
      '"recovery_min_apply_delay" must be an integer directly followed by ms, s, min, h, d or nothing, not "5 min"',
    ],
    [
      'recovery_min_apply_delay=-1',
      '"recovery_min_apply_delay" must be an integer directly followed by ms, s, min, h, d or nothing, not "-1"',
    ],
    [
      "tablespace_mapping='/a'",
      '"tablespace_mapping" must have the form OLD=NEW (an = inside a path written as \\\\=), not "/a"',
    ],
    [
      "tablespace_mapping='/a=/b=/c'",
      '"tablespace_mapping" must have the form OLD=NEW (an = inside a path written as \\\\=), not "/a=/b=/c"',
    ],
    ['lease=3x', '"lease" must be an integer, with or without one of the units ms, s, min, h, d, not "3x"'],
    ['heartbeat_interval=49', '"heartbeat_interval" must be 50ms or more, not "49"'],
    ['heartbeat_interval=2min', '"heartbeat_interval" must be 1min or less, not "2min"'],
  ])('%s is an error', async (line, problem) => {
    expect(await problemsOf(line)).toEqual([`  ${path}:5: ${problem}`]);
  });

  it('of a repeated parameter come from its last line', async () => {
    const { settings } = await load('priority=1\npriority=2\nfailover=automatic\nfailover=manual');
    expect([settings.priority, settings.failover]).toEqual([2, 'manual']);
  });

  it('of lists add up', async () => {
    const { settings } = await load(
      "tablespace_mapping='/a=/b'\ntablespace_mapping='/c=/d'\nevent_notifications='a,b'\nevent_notifications=c",
    );
    expect(settings.tablespace_mapping).toEqual([
      { from: '/a', to: '/b' },
      { from: '/c', to: '/d' },
    ]);
    expect(settings.event_notifications).toEqual(['a', 'b', 'c']);
  });

  it('not given are the defaults, some of which follow other parameters', async () => {
    const loaded = await load('standby_reconnect_timeout=90');
    expect(loaded.settings.reconnect_attempts).toBe(6);
    expect(loaded.isSet('reconnect_attempts')).toBe(false);
    expect(loaded.settings.repmgrd_standby_startup_timeout).toBe(90);
    expect((await load('repmgrd_standby_startup_timeout=5')).settings.repmgrd_standby_startup_timeout).toBe(
      5,
    );
  });
});

describe('names', () => {
  it.each([
    [
      'promote_comand',
      '"promote_comand" is not a known parameter and is ignored; did you mean "promote_command"?',
    ],
    ['Node_ID', '"Node_ID" is not a known parameter and is ignored; did you mean "node_id"?'],
    ['shared_buffers', '"shared_buffers" is not a known parameter and is ignored'],
    ['cluster', '"cluster" is of an old version and is ignored; it has no meaning any more; remove it'],
    ['node', '"node" is of an old version and is ignored; write node_id'],
    ['loglevel', '"loglevel" is of an old version and is ignored; write log_level'],
    ['logfacility', '"logfacility" is of an old version and is ignored; write log_facility'],
    ['logfile', '"logfile" is of an old version and is ignored; write log_file'],
    [
      'master_reponse_timeout',
      '"master_reponse_timeout" is of an old version and is ignored; write async_query_timeout',
    ],
    [
      'retry_promote_interval_secs',
      '"retry_promote_interval_secs" is of an old version and is ignored; write primary_notification_timeout',
    ],
    [
      'upstream_node',
      '"upstream_node" is of an old version and is ignored; ' +
        'give --upstream-node-id when the standby is cloned or registered',
    ],
  ])('%s is only warned of', async (name, warning) => {
    const { warnings } = await load(`${name}=1`);
    expect(warnings).toEqual([`${path}:5: ${warning}`]);
  });
});

describe('parameters that do not go together', () => {
  it.each([
    [
      "conninfo='host=node1 nonsense=1'",
      /^ {2}\/etc\/repmgr.conf:5: "conninfo" is not a valid connection string: .*nonsense/,
    ],
    ["barman_host='b'", '"barman_host" needs "barman_server" to be given too'],
    ["barman_server='b'", '"barman_server" needs "barman_host" to be given too'],
    [
      'archive_ready_warning=128',
      '"archive_ready_critical" (128) must be greater than "archive_ready_warning" (128)',
    ],
    [
      'replication_lag_critical=10',
      '"replication_lag_critical" (10) must be greater than "replication_lag_warning" (300)',
    ],
    [
      'node_rejoin_timeout=61',
      '"standby_reconnect_timeout" (60) must not be less than "node_rejoin_timeout" (61)',
    ],
    [
      'lease=1275',
      '"lease" (1275ms) must be 1276ms or more to hold two of "heartbeat_interval" (250ms), ' +
        '"fence_budget" (700ms) and a safety margin',
    ],
    [
      "state_directory='/data/state'",
      '"state_directory" must not be in the data directory, which a clone or a rewind replaces',
    ],
    ["node_name=''", 'required parameter "node_name" is empty'],
  ])('%s', async (line, problem) => {
    const [found, ...more] = await problemsOf(line);
    if (typeof problem === 'string') expect(found).toBe(`  ${path}:5: ${problem}`);
    else expect(found).toMatch(problem);
    expect(more).toEqual([]);
  });

  it('are allowed at their limits', async () => {
    const { warnings } = await load('lease=1276\nnode_rejoin_timeout=60\narchive_ready_warning=127');
    expect(warnings).toEqual([]);
  });

  it('are questioned where they are hardly meant so', async () => {
    const { warnings } = await load("reconnect_attempts=1\nreconnect_interval=1\ndata_directory='data'");
    expect(warnings).toEqual([
      `${path}:5: "reconnect_attempts" × "reconnect_interval" is 1s; ` +
        'a lease of 1276ms is used, the nearest that is possible',
      `${path}:7: "data_directory" (data) should be an absolute path`,
    ]);
  });
});

describe('a file with errors', () => {
  it('is refused with all of them', async () => {
    const error = await failureOf(load('priority=-1\n"\nfailover=x'));
    expect(error.message.split('\n')).toEqual([
      `configuration file "${path}" has 3 errors:`,
      `  ${path}:6: syntax error near """; values are put in single quotes`,
      `  ${path}:5: "priority" must be 0 or more, not "-1"`,
      `  ${path}:7: "failover" must be one of "manual", "automatic", not "x"`,
    ]);
    expect(error.exit).toBe('BAD_CONFIG');
    expect(error.hint).toBeDefined();
  });

  it('names also the misspelt parameters, one of which may be what is missing', async () => {
    const text = required.replace('node_name', 'nod_name');
    const error = await failureOf(loadSettings({ cwd: '/', files: configFilesInMemory({ [path]: text }) }));
    expect(error.message).toContain(`${path}: required parameter "node_name" is missing`);
    expect(error.detail).toContain(`${path}:2: "nod_name" is not a known parameter`);
    expect(error.detail).toContain('did you mean "node_name"?');
  });

  it('that is empty lacks all that is required', async () => {
    const error = await failureOf(loadSettings({ cwd: '/', files: configFilesInMemory({ [path]: '' }) }));
    expect(error.message.split('\n')).toEqual([
      `configuration file "${path}" has 4 errors:`,
      ...['node_id', 'node_name', 'conninfo', 'data_directory'].map(
        (name) => `  ${path}: required parameter "${name}" is missing`,
      ),
    ]);
  });
});
