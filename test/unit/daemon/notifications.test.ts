import { describe, expect, test } from 'vitest';
import type { LoadedSettings } from '../../../src/config/loaded-settings.ts';
import { defaultSettings, type Settings } from '../../../src/config/settings.ts';
import { createNotificationQueue } from '../../../src/daemon/notifications.ts';
import { Cancelled, LocalCommandFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { EventName } from '../../../src/domain/event.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { CommandResult, CommandRunner } from '../../../src/ports/command-runner.ts';
import type { Logger } from '../../../src/ports/logger.ts';

const success: CommandResult = {
  exitStatus: 0,
  signalName: null,
  stdout: '',
  stderr: '',
  timedOut: false,
  cancelled: false,
  durationMs: 1,
};

interface Script {
  readonly command: string;
  readonly timeoutMs: number;
  end(result?: Partial<CommandResult>): void;
  fail(error: Error): void;
}

/** Scripts run until the test, or the queue's signal, ends them. */
function createScripts() {
  const started: Script[] = [];
  const runner: CommandRunner = {
    run: (spec) =>
      new Promise((resolve, reject) => {
        const { command, timeoutMs, signal } = spec;
        started.push({
          command,
          timeoutMs,
          end: (result) => resolve({ ...success, ...result }),
          fail: reject,
        });
        signal?.addEventListener('abort', () =>
          resolve({ ...success, exitStatus: null, signalName: 'SIGTERM', cancelled: true }),
        );
      }),
  };
  return { started, runner };
}

function setup(changes: Partial<Settings> = { event_notification_command: 'notify %n %e %s "%d" %t' }) {
  const current: { settings: Settings } = { settings: { ...defaultSettings(), ...changes } };
  const { started, runner } = createScripts();
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const warning: Logger['warning'] = (message) => warnings.push(message);
  const log: Logger = { log: ignore, debug: ignore, info: ignore, notice: ignore, error: ignore, warning };
  let expire: () => void = ignore;
  const clock: Clock = {
    monotonicMs: () => 0,
    wallTime: () => new Date(0),
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        expire = resolve;
        signal?.addEventListener('abort', () => reject(new Cancelled('slept enough')));
      }),
  };
  const settings = (): LoadedSettings => ({
    ...current,
    isSet: () => true,
    configFile: undefined,
    warnings: [],
  });
  const queue = createNotificationQueue({ runner, clock, log, settings });
  const add = (event: EventName, nodeId = 1): void =>
    queue.add({ event: { nodeId, event, successful: true, details: 'said "so"' }, timestamp: 'NOW' });
  return { queue, add, started, warnings, current, expire: () => expire() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('event notifications', () => {
  test('run one at a time in the order of the events, and adding never waits', async () => {
    const { add, started, warnings } = setup();
    add('repmgrd_upstream_disconnect', 2);
    add('repmgrd_failover_promote', 2);
    await settled();
    expect(started.map((script) => script.command)).toEqual([
      'notify 2 repmgrd_upstream_disconnect 1 "said \\"so\\"" NOW',
    ]);
    started[0]?.end();
    await settled();
    add('repmgrd_reload', 2);
    started[1]?.end();
    await settled();
    expect(started.map((script) => script.command.split(' ')[2])).toEqual([
      'repmgrd_upstream_disconnect',
      'repmgrd_failover_promote',
      'repmgrd_reload',
    ]);
    expect(started[0]?.timeoutMs).toBe(60_000);
    expect(warnings).toEqual([]);
  });

  test.each([
    ['ends with an error', (script: Script) => script.end({ exitStatus: 1 }), /ended with 1/],
    [
      'hangs',
      (script: Script) => script.end({ exitStatus: null, timedOut: true }),
      /within 60 s and was killed/,
    ],
    ['is not there', (script: Script) => script.fail(new LocalCommandFailed('no sh')), /could not be run/],
  ])('go on after one that %s', async (_what, finish, warning) => {
    const { add, started, warnings } = setup();
    add('repmgrd_start');
    add('repmgrd_reload');
    await settled();
    const [first] = started;
    if (first !== undefined) finish(first);
    await settled();
    expect(started).toHaveLength(2);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  test('follow the settings of the moment', async () => {
    const { add, started, current } = setup({ event_notification_command: '' });
    add('repmgrd_start');
    await settled();
    expect(started).toEqual([]);
    current.settings = {
      ...current.settings,
      event_notification_command: 'x %e',
      event_notifications: ['repmgrd_reload'],
    };
    add('repmgrd_start');
    add('repmgrd_reload');
    await settled();
    expect(started.map((script) => script.command)).toEqual(['x repmgrd_reload']);
  });

  test('of a flood of events are bounded; the oldest give way', async () => {
    const { add, started, warnings } = setup();
    for (let nodeId = 1; nodeId <= 260; nodeId++) add('child_node_disconnect', nodeId);
    await settled();
    expect(warnings).toHaveLength(3);
    started[0]?.end();
    await settled();
    expect(started.map((script) => script.command.split(' ')[1])).toEqual(['1', '5']);
  });
});

describe('at the end of the daemon', () => {
  test('scripts in time are waited for', async () => {
    const { add, queue, started } = setup();
    await queue.finish(5_000);
    add('repmgrd_shutdown');
    await settled();
    const finished = queue.finish(5_000);
    started[0]?.end();
    await finished;
    expect(started).toHaveLength(1);
  });

  test('the others are ended or dropped, and nothing is started any more', async () => {
    const { add, queue, started, warnings, expire } = setup();
    add('repmgrd_reload');
    add('repmgrd_shutdown');
    await settled();
    const finished = queue.finish(5_000);
    await settled();
    expire();
    await finished;
    add('repmgrd_start');
    await settled();
    expect(started).toHaveLength(1);
    expect(warnings).toEqual([
      'event_notification_command is not run for "repmgrd_shutdown" of NOW',
      'event_notification_command for "repmgrd_reload" ended with SIGTERM',
    ]);
  });
});
