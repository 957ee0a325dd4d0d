import { settingsOf } from '../setting.ts';
import { choice } from '../value-types/choice.ts';
import { integer } from '../value-types/integer.ts';
import { path, string } from '../value-types/string.ts';

const setting = settingsOf('node');

export const nodeSettings = {
  node_id: setting({
    type: integer({ min: 1 }),
    default: 0,
    required: true,
    reload: 'fixed',
    example: '1',
    text: 'Number of this node, unique in the cluster and never changed once the node is registered.',
  }),
  node_name: setting({
    type: string({ maxBytes: 63 }),
    default: '',
    required: true,
    reload: 'fixed',
    example: 'node1',
    text:
      'Name of this node, unique in the cluster. A standby streams under this name as its application_name, ' +
      'so name the host or its number, not a role that will change.',
  }),
  conninfo: setting({
    type: string(),
    default: '',
    required: true,
    reload: 'yes',
    example: 'host=node1 user=repmgr dbname=repmgr connect_timeout=2',
    text:
      'Connection string by which every node of the cluster, this one included, reaches the repmgr database ' +
      'of this node. After a change run register with --force, so that the other nodes learn of it.',
  }),
  data_directory: setting({
    type: path,
    default: '',
    required: true,
    reload: 'no',
    example: '/var/lib/postgresql/data',
    text: "PostgreSQL's data directory on this node. Needed because a stopped server cannot be asked for it.",
  }),
  replication_user: setting({
    type: string({ maxBytes: 63 }),
    default: '',
    defaultText: 'the user of conninfo',
    reload: 'registration',
    text: 'Role with the REPLICATION attribute that other nodes use to stream from this one.',
  }),
  replication_type: setting({
    type: choice(['physical'], { anyCase: true }),
    default: 'physical',
    reload: 'no',
    text: 'Kind of replication; streaming (physical) replication is the only one.',
  }),
  location: setting({
    type: string(),
    default: 'default',
    reload: 'registration',
    text:
      'Name of the place where this node stands, such as a data centre. Standbys elsewhere than the failed ' +
      'primary are not promoted, unless a majority is in their place.',
  }),
  priority: setting({
    type: integer({ min: 0 }),
    default: 100,
    reload: 'registration',
    text:
      'Preference in an election among standbys that have received the same WAL; the highest wins. ' +
      'A node with 0 is never promoted automatically.',
  }),
};
