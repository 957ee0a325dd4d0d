import { settingsOf } from '../setting.ts';
import { string } from '../value-types/string.ts';

const setting = settingsOf('service');

export const serviceSettings = {
  service_start_command: setting({
    type: string(),
    default: '',
    defaultText: 'pg_ctl start',
    reload: 'silent',
    example: 'sudo systemctl start postgresql',
    text: 'Command that starts PostgreSQL. Where a service manager keeps PostgreSQL, pg_ctl confuses it.',
  }),
  service_stop_command: setting({
    type: string(),
    default: '',
    defaultText: 'pg_ctl stop',
    reload: 'silent',
    example: 'sudo systemctl stop postgresql',
    text: 'Command that stops PostgreSQL.',
  }),
  service_restart_command: setting({
    type: string(),
    default: '',
    defaultText: 'pg_ctl restart',
    reload: 'silent',
    example: 'sudo systemctl restart postgresql',
    text: 'Command that restarts PostgreSQL.',
  }),
  service_reload_command: setting({
    type: string(),
    default: '',
    defaultText: 'pg_ctl reload',
    reload: 'silent',
    example: 'sudo systemctl reload postgresql',
    text: 'Command that makes PostgreSQL read its configuration again.',
  }),
  service_promote_command: setting({
    type: string(),
    default: '',
    defaultText: 'pg_ctl promote',
    reload: 'silent',
    example: 'sudo pg_ctlcluster 17 main promote',
    text:
      'Command that takes the local server out of recovery, and no more: it must not call repmgr, ' +
      'and does not replace promote_command.',
  }),
  repmgrd_service_start_command: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: 'sudo systemctl start repmgrd',
    text: 'Command that "daemon start" runs.',
  }),
  repmgrd_service_stop_command: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: 'sudo systemctl stop repmgrd',
    text: 'Command that "daemon stop" runs.',
  }),
};
