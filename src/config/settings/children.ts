import { settingsOf } from '../setting.ts';
import { boolean } from '../value-types/boolean.ts';
import { integer } from '../value-types/integer.ts';
import { string } from '../value-types/string.ts';

const setting = settingsOf('children');

export const childNodeSettings = {
  child_nodes_check_interval: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 5,
    reload: 'yes',
    text: 'How often a primary looks which standbys are attached to it.',
  }),
  child_nodes_disconnect_min_count: setting({
    type: integer({ min: -1 }),
    default: -1,
    reload: 'yes',
    text:
      'Number of missing standbys from which child_nodes_disconnect_command is run; -1 means not set. ' +
      'Not used when child_nodes_connected_min_count is set.',
  }),
  child_nodes_connected_min_count: setting({
    type: integer({ min: -1 }),
    default: -1,
    reload: 'yes',
    text:
      'Number of attached standbys below which child_nodes_disconnect_command is run; -1 means not set. ' +
      'With neither count set, the command is run when no standby is left.',
  }),
  child_nodes_connected_include_witness: setting({
    type: boolean,
    default: false,
    reload: 'yes',
    text: 'Whether a witness counts among the attached nodes.',
  }),
  child_nodes_disconnect_timeout: setting({
    type: integer({ min: 0, unit: 's' }),
    default: 30,
    reload: 'yes',
    text: 'How long the standbys must have been missing before the command is run.',
  }),
  child_nodes_disconnect_command: setting({
    type: string(),
    default: '',
    reload: 'yes',
    example: '/usr/local/bin/standbys-lost %p',
    text:
      'Command that a primary runs when too few standbys are attached, for example to stop the server. ' +
      '%p is the node id of the primary.',
  }),
};
