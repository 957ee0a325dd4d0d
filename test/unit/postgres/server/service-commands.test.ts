import { describe, expect, it } from 'vitest';
import {
  choosesLogFile,
  commandLine,
  serviceCommand,
} from '../../../../src/postgres/server/service-commands.ts';
import { noSettings } from './server-fixtures.ts';

describe('service commands', () => {
  const settings = { ...noSettings, data_directory: "/pg/it's 15", pg_ctl_options: '-s' };

  it('are used verbatim where configured', () => {
    const configured = { ...settings, service_stop_command: 'sudo systemctl stop pg %n' };
    expect(commandLine(configured, 'stop', { mode: 'immediate', wait: true })).toBe(
      'sudo systemctl stop pg %n',
    );
    expect(serviceCommand(configured, 'start')).toBeUndefined();
  });

  it('quote the directory for the shell and take the options', () => {
    expect(commandLine(settings, 'start')).toBe(`pg_ctl -s -w -D '/pg/it'\\''s 15' start`);
    expect(commandLine(settings, 'start', { wait: false, logFile: '/a b' })).toBe(
      `pg_ctl -s -W -D '/pg/it'\\''s 15' -l '/a b' start`,
    );
    expect(commandLine(settings, 'stop', { mode: 'immediate', wait: true })).toBe(
      `pg_ctl -s -D '/pg/it'\\''s 15' -w -m immediate stop`,
    );
  });

  it('name the configuration directory and the folder of programs where given', () => {
    const debian = { ...settings, config_directory: '/etc/pg', pg_bindir: '/opt/my pg/bin' };
    expect(commandLine(debian, 'reload')).toBe(`'/opt/my pg/bin/pg_ctl' -s -w -D '/etc/pg' reload`);
  });

  it.each([
    ['', false],
    ['-l /log', true],
    ['-t 5 -l/log', true],
    ['--log=/log', true],
    ["-o '--logging-x'", false],
  ])('see in options %j whether they choose a log file', (options, chooses) => {
    expect(choosesLogFile(options)).toBe(chooses);
  });
});
