import { settingsOf } from '../setting.ts';
import { duration } from '../value-types/duration.ts';
import { integer } from '../value-types/integer.ts';
import { path, string } from '../value-types/string.ts';

const setting = settingsOf('lease', { inRepmgr: false });

export const leaseSettings = {
  state_directory: setting({
    type: path,
    default: '',
    defaultText: 'data_directory followed by .repmgr',
    reload: 'no',
    example: '/var/lib/postgresql/data.repmgr',
    text:
      'Folder where repmgrd keeps what it must not forget: its vote, its term, journals of operations. ' +
      'It has to survive a restart of the host, and must not be inside the data directory.',
  }),
  api_address: setting({
    type: string(),
    default: '',
    defaultText: 'the host of conninfo',
    reload: 'no',
    example: '10.0.0.1',
    text: 'Name or address under which the daemons of the other nodes reach the daemon of this one.',
  }),
  api_port: setting({
    type: integer({ min: 1, max: 65_535 }),
    default: 5479,
    reload: 'no',
    text: 'TCP port on which the daemons talk to each other.',
  }),
  api_listen_addresses: setting({
    type: string(),
    default: '',
    defaultText: 'api_address',
    reload: 'no',
    example: '*',
    text: 'Addresses on which repmgrd listens, separated by commas; * is all addresses of the host.',
  }),
  heartbeat_interval: setting({
    type: duration({ unit: 'ms', minMs: 50, maxMs: 60_000 }),
    default: 250,
    reload: 'yes',
    text: 'How often the primary renews its lease with the other nodes. At least two must fit into a lease.',
  }),
  lease: setting({
    type: duration({ unit: 'ms', minMs: 500, maxMs: 3_600_000 }),
    default: 3_000,
    defaultText: '3s, or reconnect_attempts × reconnect_interval if either is given',
    reload: 'yes',
    text:
      'How long the other nodes hold still after the last sign of life of the primary, and how long the ' +
      'primary may go on without hearing a majority. The value on the primary counts for the whole cluster.',
  }),
  fence_budget: setting({
    type: duration({ unit: 'ms', minMs: 100, maxMs: 60_000 }),
    default: 700,
    reload: 'yes',
    text:
      'Time reserved at the end of a lease for stopping PostgreSQL: a primary that has not renewed its lease ' +
      'by then is stopped, so that it is down before another node may be promoted.',
  }),
  fence_command: setting({
    type: string(),
    default: '',
    reload: 'yes',
    example: '/usr/local/bin/fence-this-host',
    text: 'Command run when PostgreSQL could not be stopped by signals, for example to cut the power.',
  }),
};
