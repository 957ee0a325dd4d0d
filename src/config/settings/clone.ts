import { settingsOf } from '../setting.ts';
import { string } from '../value-types/string.ts';
import { tablespaceMappings } from '../value-types/tablespace-mappings.ts';

const setting = settingsOf('clone');

export const cloneSettings = {
  pg_basebackup_options: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: '--max-rate=100M --label=repmgr',
    text: 'Options added to the call of pg_basebackup.',
  }),
  tablespace_mapping: setting({
    type: tablespaceMappings,
    default: [],
    reload: 'silent',
    example: '/srv/tablespace=/mnt/fast/tablespace',
    text:
      'Where a tablespace of the source goes on a clone, OLD=NEW, once per tablespace. ' +
      'An = inside a path is written as \\\\=.',
  }),
  barman_host: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: 'barman@backup',
    text: 'Host with Barman. When given, together with barman_server, standbys are cloned from its backups.',
  }),
  barman_server: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: 'main',
    text: "Barman's name of the server to clone.",
  }),
  barman_config: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: '/etc/barman.conf',
    text: "Barman's configuration file on barman_host, where it is not in its usual place.",
  }),
  pg_backupapi_host: setting({
    type: string({ maxBytes: 64 }),
    default: '',
    reload: 'silent',
    example: 'backup',
    text:
      'Host with pg-backup-api. When given, together with the three parameters below, Barman there is asked ' +
      'to restore a backup to this node.',
  }),
  pg_backupapi_node_name: setting({
    type: string({ maxBytes: 64 }),
    default: '',
    reload: 'silent',
    example: 'main',
    text: "Barman's name of the server to clone, for pg-backup-api.",
  }),
  pg_backupapi_backup_id: setting({
    type: string({ maxBytes: 64 }),
    default: '',
    reload: 'silent',
    example: '20260101T030000',
    text: 'Backup that pg-backup-api is to restore.',
  }),
  pg_backupapi_remote_ssh_command: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: 'ssh postgres@node1',
    text: 'Command by which Barman reaches this node for pg-backup-api.',
  }),
};
