import { describe, expect, test } from 'vitest';
import { parseDaemonCommandLine } from '../../../src/daemon/command-line.ts';
import { UsageError } from '../../../src/domain/errors/repmgr-error.ts';

const defaults = {
  configFile: undefined,
  logLevel: undefined,
  verbose: false,
  daemonize: true,
  pidFile: undefined,
  noPidFile: false,
  monitoringHistory: false,
};

function optionsOf(...argv: string[]) {
  const parsed = parseDaemonCommandLine(argv);
  if (parsed.kind !== 'run' && parsed.kind !== 'showPidFile') throw new Error(parsed.text);
  return parsed.options;
}

describe('the command line of repmgrd', () => {
  test.each([
    [[], {}],
    [['-f', '/etc/repmgr.conf'], { configFile: '/etc/repmgr.conf' }],
    [['--config-file=a', '--config-file', 'b'], { configFile: 'b' }],
    [['-L', 'debug'], { logLevel: 'DEBUG' }],
    [['-vmdp/run/x.pid'], { verbose: true, monitoringHistory: true, pidFile: '/run/x.pid' }],
    [['--no-pid-file', '--verbose'], { noPidFile: true, verbose: true }],
    [['--daemonize'], {}],
    [['--daemonize=false'], { daemonize: false }],
    [['--daemonize=OFF'], { daemonize: false }],
    [['--daemonize', 'false'], {}],
    [['--daemonize=false', '-d'], {}],
    [['surplus', 'words', '--monit'], { monitoringHistory: true }],
  ])('%j', (argv, expected) => {
    expect(optionsOf(...argv)).toEqual({ ...defaults, ...expected });
  });

  test('asks where the PID file would be', () => {
    expect(parseDaemonCommandLine(['-s', '-p', '/x'])).toEqual({
      kind: 'showPidFile',
      options: { ...defaults, pidFile: '/x' },
    });
  });

  test.each([['--help'], ['-?'], ['--version', '-?']])('%s shows help', (...argv) => {
    const parsed = parseDaemonCommandLine(argv);
    expect(parsed.kind).toBe('help');
    const text = parsed.kind === 'help' ? parsed.text : '';
    for (const option of ['-f, --config-file=PATH', '--daemonize[=BOOLEAN]', '-m, --monitoring-history'])
      expect(text).toContain(option);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  test.each([['--version'], ['-V']])('%s shows the version', (option) => {
    const parsed = parseDaemonCommandLine([option]);
    expect(parsed).toMatchObject({ kind: 'version' });
    expect(parsed.kind === 'version' && parsed.text).toMatch(/^repmgrd 5\.5\.0 \(repmgr-ts \d+\.\d+\.\d+\)$/);
  });

  test('names every problem at once', () => {
    const argv = ['--colour', '-x', '-L', 'loud', '--daemonize=perhaps', '--version-number', '-f'];
    let error: unknown;
    try {
      parseDaemonCommandLine(argv);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ exit: 'BAD_CONFIG', hint: expect.stringContaining('usage: repmgrd') });
    expect(error instanceof UsageError && error.problems).toHaveLength(6);
  });
});
