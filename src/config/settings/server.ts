import { settingsOf } from '../setting.ts';
import { path, string } from '../value-types/string.ts';

const setting = settingsOf('server');

export const serverSettings = {
  config_directory: setting({
    type: path,
    default: '',
    defaultText: 'data_directory',
    reload: 'no',
    example: '/etc/postgresql/17/main',
    text: 'Folder of postgresql.conf where it is not in the data directory; pg_ctl is given it as -D.',
  }),
  pg_bindir: setting({
    type: path,
    default: '',
    defaultText: 'found in PATH',
    reload: 'no',
    example: '/usr/lib/postgresql/17/bin',
    text:
      "Folder of PostgreSQL's programs (pg_ctl, pg_basebackup, pg_rewind). It is not put before the commands " +
      'configured in this file; give those their full path.',
  }),
  repmgr_bindir: setting({
    type: path,
    default: '',
    defaultText: 'pg_bindir',
    reload: 'silent',
    text: 'Folder of the repmgr program on the other nodes, for commands run there over SSH.',
  }),
  pg_ctl_options: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: '-s',
    text: 'Options added to each call of pg_ctl. Not used by the service commands.',
  }),
  ssh_options: setting({
    type: string(),
    default: '-q -o ConnectTimeout=10',
    reload: 'silent',
    text: 'Options of each call of ssh.',
  }),
  rsync_options: setting({
    type: string(),
    default: '',
    defaultText: '--archive --checksum --compress --progress --rsh=ssh',
    reload: 'silent',
    text: 'Options of each call of rsync, which copies configuration files outside the data directory.',
  }),
};
