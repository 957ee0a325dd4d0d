import { settingsOf } from '../setting.ts';
import { boolean } from '../value-types/boolean.ts';
import { integer } from '../value-types/integer.ts';

const setting = settingsOf('promote');
const seconds = integer({ min: 1, unit: 's' });

export const promoteSettings = {
  promote_check_timeout: setting({
    type: seconds,
    default: 60,
    reload: 'silent',
    text: 'How long a promotion may take until the node is out of recovery.',
  }),
  promote_check_interval: setting({
    type: seconds,
    default: 1,
    reload: 'silent',
    text: 'How often a server that is being promoted is asked whether it is out of recovery.',
  }),
  primary_follow_timeout: setting({
    type: seconds,
    default: 60,
    reload: 'silent',
    text: 'How long "standby follow --wait" waits for a new primary.',
  }),
  standby_follow_timeout: setting({
    type: seconds,
    default: 30,
    reload: 'silent',
    text: 'How long "standby follow" waits until the standby streams from its new upstream.',
  }),
  standby_follow_restart: setting({
    type: boolean,
    default: false,
    reload: 'silent',
    text: 'Whether a standby that gets a new upstream is restarted also where a reload is enough (PostgreSQL 13 and later).',
  }),
  shutdown_check_timeout: setting({
    type: seconds,
    default: 60,
    reload: 'silent',
    text: 'How long a switchover waits for the old primary to shut down.',
  }),
  standby_reconnect_timeout: setting({
    type: seconds,
    default: 60,
    reload: 'silent',
    text:
      'How long a switchover or rejoin waits for the restarted server to accept connections. ' +
      'Must not be less than node_rejoin_timeout.',
  }),
  wal_receive_check_timeout: setting({
    type: seconds,
    default: 30,
    reload: 'silent',
    text: 'How long a switchover waits for the standby to receive the last WAL of the old primary.',
  }),
  node_rejoin_timeout: setting({
    type: seconds,
    default: 60,
    reload: 'silent',
    text: 'How long a rejoin, also that of a switchover, waits for the node to stream from its new upstream.',
  }),
};
