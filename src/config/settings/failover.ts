import { settingsOf } from '../setting.ts';
import { boolean } from '../value-types/boolean.ts';
import { choice } from '../value-types/choice.ts';
import { integer } from '../value-types/integer.ts';
import { path, string } from '../value-types/string.ts';

const setting = settingsOf('failover');
const seconds = integer({ min: 0, unit: 's' });

export const failoverSettings = {
  failover: setting({
    type: choice(['manual', 'automatic']),
    default: 'manual',
    reload: 'yes',
    text: 'Whether repmgrd promotes a standby by itself when the primary has failed.',
  }),
  promote_command: setting({
    type: string(),
    default: '',
    reload: 'yes',
    example: '/usr/bin/repmgr standby promote -f /etc/repmgr.conf --log-to-file',
    text:
      'Command that repmgrd runs to promote this node, through the shell and as it stands. ' +
      'It should not have --siblings-follow, since the other daemons follow by themselves.',
  }),
  follow_command: setting({
    type: string(),
    default: '',
    reload: 'yes',
    example: '/usr/bin/repmgr standby follow -f /etc/repmgr.conf --log-to-file --upstream-node-id=%n',
    text:
      'Command that repmgrd runs to make this node follow a new primary. %n is the node id of that primary; ' +
      'leaving it out may attach the node to an old primary that has just come back.',
  }),
  monitor_interval_secs: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 2,
    reload: 'yes',
    text: 'Interval between two checks of the upstream node.',
  }),
  connection_check_type: setting({
    type: choice(['ping', 'connection', 'query'], { anyCase: true }),
    default: 'ping',
    reload: 'yes',
    text:
      'How the upstream is checked: whether it answers at all (ping), by a new connection, ' +
      'or by a query on the connection that is open.',
  }),
  connection_check_query: setting({
    type: string(),
    default: 'SELECT 1',
    reload: 'yes',
    text: 'Query used when connection_check_type is query.',
  }),
  reconnect_attempts: setting({
    type: integer({ min: 0 }),
    default: 6,
    reload: 'yes',
    text:
      'How often a silent upstream is tried again before it counts as failed. When this or ' +
      'reconnect_interval is given and lease is not, the product of the two is the lease.',
  }),
  reconnect_interval: setting({
    type: seconds,
    default: 10,
    reload: 'yes',
    text: 'Time between those attempts.',
  }),
  reconnect_loop_sync: setting({
    type: boolean,
    default: false,
    reload: 'silent',
    text: 'Whether the attempts are made at whole multiples of reconnect_interval from the first one on.',
  }),
  async_query_timeout: setting({
    type: seconds,
    default: 60,
    reload: 'yes',
    text: 'How long a query on an open connection may take before the upstream counts as not answering.',
  }),
  degraded_monitoring_timeout: setting({
    type: integer({ min: -1, unit: 's' }),
    default: -1,
    reload: 'yes',
    text: 'How long repmgrd goes on when it has nothing to monitor before it ends; -1 or 0 is for ever.',
  }),
  monitoring_history: setting({
    type: boolean,
    default: false,
    reload: 'yes',
    text:
      'Whether a line with the replication lag is written to repmgr.monitoring_history at each check. ' +
      'The table grows; shorten it with "cluster cleanup".',
  }),
  primary_notification_timeout: setting({
    type: seconds,
    default: 60,
    reload: 'yes',
    text: 'How long a standby waits after a failover to hear which node is the new primary.',
  }),
  repmgrd_standby_startup_timeout: setting({
    type: seconds,
    default: 60,
    defaultText: 'standby_reconnect_timeout',
    reload: 'yes',
    text: 'How long repmgrd waits for the local server to start after it has been told to follow a new primary.',
  }),
  standby_disconnect_on_failover: setting({
    type: boolean,
    default: false,
    reload: 'yes',
    text:
      'Whether standbys stop their WAL receivers before an election. Elections under a lease always do; ' +
      'the parameter is kept for clusters that still have nodes with repmgr. The same on all nodes.',
  }),
  sibling_nodes_disconnect_timeout: setting({
    type: seconds,
    default: 30,
    reload: 'yes',
    text: 'How long a candidate waits for the WAL receivers of the other standbys to stop.',
  }),
  primary_visibility_consensus: setting({
    type: boolean,
    default: false,
    reload: 'yes',
    text:
      'Whether no standby is promoted while another one still sees the primary. Elections under a lease ' +
      'always observe this. The same on all nodes.',
  }),
  always_promote: setting({
    type: boolean,
    default: false,
    reload: 'yes',
    text:
      "Whether a standby is promoted also if its copy of the metadata lacks the failed primary's record. " +
      'Elections under a lease do not need that record and never wait for it.',
  }),
  failover_validation_command: setting({
    type: string(),
    default: '',
    reload: 'yes',
    example: '/usr/local/bin/may-promote %n "%a" %v %u %t',
    text:
      'Command that has the last word before a promotion: any exit status but 0 refuses it. %n and %a are ' +
      "the candidate's node id and name, %v the number of nodes it sees, %u of nodes that share its " +
      'upstream, %t of all nodes. Must be configured on all nodes or none.',
  }),
  election_rerun_interval: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 15,
    reload: 'silent',
    text: 'Time until the next election after failover_validation_command has refused a promotion.',
  }),
  failover_delay: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 0,
    example: '5',
    reload: 'silent',
    text: 'Time to wait before an election begins. Meant for tests.',
  }),
  promote_delay: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 0,
    example: '5',
    reload: 'silent',
    text: 'Time to wait before a promotion begins. Meant for tests.',
  }),
  witness_sync_interval: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 15,
    reload: 'silent',
    text: "How often a witness copies the primary's list of nodes.",
  }),
  repmgrd_pid_file: setting({
    type: path,
    default: '',
    defaultText: '$TMPDIR/repmgrd.pid, or /tmp/repmgrd.pid',
    reload: 'no',
    example: '/run/repmgr/repmgrd.pid',
    text: "File with repmgrd's process id. The option --pid-file goes before it.",
  }),
  repmgrd_exit_on_inactive_node: setting({
    type: boolean,
    default: false,
    reload: 'no',
    text: 'Whether repmgrd refuses to start on a node whose record is inactive instead of setting it active.',
  }),
};
