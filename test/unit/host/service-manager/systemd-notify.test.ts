import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LocalCommandFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import {
  createServiceNotifier,
  takeNotifySocket,
} from '../../../../src/host/service-manager/systemd-notify.ts';
import type { CommandResult, CommandRunner, CommandSpec } from '../../../../src/ports/command-runner.ts';
import type { Logger } from '../../../../src/ports/logger.ts';

const success: CommandResult = {
  exitStatus: 0,
  signalName: null,
  stdout: '',
  stderr: '',
  timedOut: false,
  cancelled: false,
  durationMs: 1,
};

function setup(
  answer: () => Promise<CommandResult> = async () => success,
  socket: string | undefined = '/run/notify',
) {
  const calls: CommandSpec[] = [];
  const runner: CommandRunner = {
    run: (spec) => {
      calls.push(spec);
      return answer();
    },
  };
  const warnings: string[] = [];
  const refuse = (): void => {
    throw new Error('only warnings are expected');
  };
  const warning: Logger['warning'] = (message, extras) => warnings.push(`${message}: ${extras?.detail}`);
  const log: Logger = { log: refuse, debug: refuse, info: refuse, notice: refuse, error: refuse, warning };
  const notifier = createServiceNotifier({ runner, log, socket, monotonicNs: () => 1_234_567n });
  return {
    notifier,
    runner,
    log,
    calls,
    warnings,
    sent: () => calls.map(({ command, args }) => [command, ...(args ?? [])]),
  };
}

describe('the service manager', () => {
  test('is told start, state, reload and end, in that order', async () => {
    const { notifier, sent, warnings } = setup();
    await Promise.all([
      notifier.ready('monitoring node1'),
      notifier.status('monitoring  node1\n'),
      notifier.status('primary\nnode2'),
      notifier.reloading(),
      notifier.ready('primary node2'),
      notifier.stopping(),
    ]);
    expect(sent()).toEqual([
      ['systemd-notify', 'READY=1', 'STATUS=monitoring node1'],
      ['systemd-notify', 'STATUS=primary node2'],
      ['systemd-notify', 'RELOADING=1', 'MONOTONIC_USEC=1234'],
      ['systemd-notify', 'READY=1', 'STATUS=primary node2'],
      ['systemd-notify', 'STOPPING=1'],
    ]);
    expect(warnings).toEqual([]);
  });

  test('gets one message at a time', async () => {
    const ends: (() => void)[] = [];
    const { notifier, calls } = setup(() => new Promise((resolve) => ends.push(() => resolve(success))));
    const [ready, stopping] = [notifier.ready('a'), notifier.stopping()];
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(1);
    ends[0]?.();
    await ready;
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(2);
    ends[1]?.();
    await stopping;
  });

  test('is not looked for without a socket', async () => {
    const { runner, calls, log } = setup();
    const notifier = createServiceNotifier({ runner, log, socket: undefined });
    await notifier.ready('x');
    await notifier.stopping();
    expect(calls).toEqual([]);
  });

  test.each([
    [{ NOTIFY_SOCKET: '/run/notify', HOME: '/' }, '/run/notify'],
    [{ NOTIFY_SOCKET: '', HOME: '/' }, undefined],
    [{ HOME: '/' }, undefined],
  ])('is for the daemon alone, not for its children (%j)', (environment, socket) => {
    expect(takeNotifySocket(environment)).toBe(socket);
    expect(environment).toEqual({ HOME: '/' });
  });

  test.each([
    ['systemd-notify is absent', async () => Promise.reject(new LocalCommandFailed('not found'))],
    ['it fails', async () => ({ ...success, exitStatus: 1, stderr: 'no such socket\n' })],
    ['it hangs', async () => ({ ...success, exitStatus: null, signalName: 'SIGTERM', timedOut: true })],
  ])('is warned about once when %s', async (_what, answer) => {
    const { notifier, warnings } = setup(answer);
    await notifier.ready('x');
    await notifier.stopping();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/not found|no such socket|5 s/);
  });
});

/** Receives datagrams as systemd would, and answers the barrier behind each by closing its descriptor. */
const receiver = `
import socket, sys, array, os
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print("bound", flush=True)
while True:
    data, ancillary, _, _ = server.recvmsg(4096, socket.CMSG_SPACE(64))
    for level, kind, content in ancillary:
        if kind == socket.SCM_RIGHTS:
            for fd in array.array("i", content): os.close(fd)
    print(data.decode().replace("\\n", "|"), flush=True)
`;

test.runIf(existsSync('/usr/bin/systemd-notify') && existsSync('/usr/bin/python3'))(
  'the real systemd-notify delivers what we mean',
  async () => {
    const { createCommandRunner } = await import('../../../../src/host/process/run-process.ts');
    const folder = mkdtempSync(join(tmpdir(), 'repmgr-notify-'));
    const socket = join(folder, 'notify');
    const python = spawn('/usr/bin/python3', ['-c', receiver, socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let received = '';
    python.stdout.setEncoding('utf8');
    python.stdout.on('data', (text: string) => {
      received += text;
    });
    try {
      await new Promise<void>((resolve, reject) => {
        python.stdout.once('data', () => resolve());
        python.once('error', reject);
      });
      const runner = createCommandRunner();
      const warnings: string[] = [];
      const { notifier } = setupReal(runner, socket, warnings);
      await notifier.ready('monitoring node1');
      await notifier.stopping();
      await expect.poll(() => received).toContain('STOPPING');
      expect(warnings).toEqual([]);
      const lines = received.split('\n').filter((line) => /READY|STOPPING/.test(line));
      expect(lines.map((line) => line.split('|').filter((part) => !part.startsWith('MAINPID')))).toEqual([
        ['READY=1', 'STATUS=monitoring node1'],
        ['STOPPING=1'],
      ]);
    } finally {
      python.kill();
      rmSync(folder, { recursive: true });
    }
  },
  30_000,
);

function setupReal(runner: CommandRunner, socket: string, warnings: string[]) {
  const ignore = (): void => undefined;
  const warning: Logger['warning'] = (message, extras) => warnings.push(`${message}: ${extras?.detail}`);
  const log: Logger = { log: ignore, debug: ignore, info: ignore, notice: ignore, error: ignore, warning };
  return { notifier: createServiceNotifier({ runner, log, socket }) };
}
