import { settingsOf } from '../setting.ts';
import { choice } from '../value-types/choice.ts';
import { integer } from '../value-types/integer.ts';
import { path } from '../value-types/string.ts';

const setting = settingsOf('logging');

const levels = ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'ALERT', 'CRIT', 'EMERG'] as const;

const facilities = [
  'STDERR',
  'LOCAL0',
  'LOCAL1',
  'LOCAL2',
  'LOCAL3',
  'LOCAL4',
  'LOCAL5',
  'LOCAL6',
  'LOCAL7',
  'USER',
] as const;

export const loggingSettings = {
  log_level: setting({
    type: choice(levels, { anyCase: true, insteadOfUnknown: 'INFO' }),
    default: 'INFO',
    reload: 'yes',
    text: 'Messages below this level are not written.',
  }),
  log_facility: setting({
    type: choice(facilities, { insteadOfUnknown: 'STDERR' }),
    default: 'STDERR',
    reload: 'yes',
    text: 'Where repmgrd logs: to standard error (or log_file) or to a facility of syslog.',
  }),
  log_file: setting({
    type: path,
    default: '',
    reload: 'yes',
    example: '/var/log/repmgr/repmgrd.log',
    text:
      'File that repmgrd logs to in place of standard error. It is opened anew on SIGHUP, ' +
      'so that it can be rotated.',
  }),
  log_status_interval: setting({
    type: integer({ min: 0, unit: 's' }),
    default: 300,
    reload: 'yes',
    text: 'How often repmgrd writes a line saying that it is monitoring what; 0 turns it off.',
  }),
};
