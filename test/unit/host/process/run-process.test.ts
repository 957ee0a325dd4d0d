import { describe, expect, it } from 'vitest';
import { LocalCommandFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import { createCommandRunner } from '../../../../src/host/process/run-process.ts';

const runner = createCommandRunner();

function groupIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('running a program', () => {
  it('gives status and output, also of a failure', async () => {
    const result = await runner.run({
      command: 'sh',
      args: ['-c', 'echo out; echo err >&2; exit 3'],
      timeoutMs: 5_000,
    });
    expect(result).toMatchObject({
      exitStatus: 3,
      signalName: null,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
      cancelled: false,
    });
  });

  it('hands one string to the shell, and input to the program', async () => {
    const result = await runner.run({
      command: 'cat | tr a-z A-Z',
      shell: true,
      input: 'ä b',
      timeoutMs: 5_000,
    });
    expect(result.stdout).toBe('ä B');
  });

  it('leaves nobody behind of a program that was killed', async () => {
    const result = await runner.run({
      command: 'sh',
      args: ['-c', 'sleep 60 & echo $!; kill -KILL $$'],
      timeoutMs: 5_000,
    });
    expect(result).toMatchObject({
      exitStatus: null,
      signalName: 'SIGKILL',
      timedOut: false,
      cancelled: false,
    });
    expect(groupIsAlive(Number(result.stdout))).toBe(false);
  });

  it('is not disturbed by a program that ignores its input', async () => {
    const result = await runner.run({ command: 'true', input: 'x'.repeat(1_000_000), timeoutMs: 5_000 });
    expect(result.exitStatus).toBe(0);
  });

  it('adds to the environment and removes from it', async () => {
    process.env['REPMGR_TEST_REMOVED'] = 'x';
    const result = await runner.run({
      command: 'echo "$REPMGR_TEST_ADDED-${REPMGR_TEST_REMOVED-unset}"; pwd',
      shell: true,
      cwd: '/',
      env: { REPMGR_TEST_ADDED: 'y', REPMGR_TEST_REMOVED: undefined },
      timeoutMs: 5_000,
    });
    delete process.env['REPMGR_TEST_REMOVED'];
    expect(result.stdout).toBe('y-unset\n/\n');
  });

  it('ends with the program although a daemon it left behind holds its output', async () => {
    const result = await runner.run({
      command: '(sleep 3 & echo $!) ; echo done',
      shell: true,
      timeoutMs: 5_000,
    });
    expect(result.durationMs).toBeLessThan(1_000);
    const [daemon = '', done] = result.stdout.split('\n');
    expect(done).toBe('done');
    expect(groupIsAlive(Number(daemon))).toBe(true);
    process.kill(Number(daemon), 'SIGKILL');
  });

  it('reads everything that a program wrote before its end', async () => {
    const result = await runner.run({
      command: 'head -c 900000 /dev/zero | tr "\\0" x',
      shell: true,
      timeoutMs: 9_000,
    });
    expect(result.stdout).toHaveLength(900_000);
  });

  it('keeps the end of long output', async () => {
    const result = await runner.run({ command: 'seq 1 400000', shell: true, timeoutMs: 20_000 });
    expect(result.stdout.length).toBe(1024 * 1024);
    expect(result.stdout.endsWith('\n399999\n400000\n')).toBe(true);
  });
});

describe('ending a program', () => {
  it('asks by SIGTERM at the limit', async () => {
    const result = await runner.run({ command: 'sleep', args: ['10'], timeoutMs: 100 });
    expect(result).toMatchObject({ exitStatus: null, signalName: 'SIGTERM', timedOut: true });
    expect(result.durationMs).toBeLessThan(1_500);
  });

  it('kills the whole group when it does not listen', async () => {
    const result = await runner.run({
      command: `trap '' TERM; (trap '' TERM; echo $(exec sh -c 'echo $PPID'); sleep 9; sleep 9); sleep 9`,
      shell: true,
      timeoutMs: 200,
      killAfterMs: 200,
    });
    expect(result).toMatchObject({ signalName: 'SIGKILL', timedOut: true });
    expect(result.durationMs).toBeLessThan(2_000);
  });

  it('waits for the rest of the group when only the program itself has listened', async () => {
    const result = await runner.run({
      command: `(trap '' TERM; sleep 9) & echo $!; wait`,
      shell: true,
      timeoutMs: 150,
      killAfterMs: 250,
    });
    expect(result.timedOut).toBe(true);
    expect(result.durationMs).toBeGreaterThan(350);
    expect(result.durationMs).toBeLessThan(2_000);
  });

  it('follows an abort signal, and starts nothing after one', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const running = await runner.run({
      command: 'sleep 9',
      shell: true,
      timeoutMs: 9_000,
      signal: controller.signal,
    });
    expect(running).toMatchObject({ cancelled: true, timedOut: false, exitStatus: null });
    const never = await runner.run({
      command: '/does/not/exist',
      timeoutMs: 9_000,
      signal: controller.signal,
    });
    expect(never).toMatchObject({ cancelled: true, durationMs: 0 });
  });
});

describe('output lines', () => {
  it('come as they are written, carriage returns counting as ends', async () => {
    const lines: string[] = [];
    await runner.run({
      command: `printf '1/9\\r2/9\\r'; sleep 0.1; printf '\\n3/'; sleep 0.1; printf '9\\r\\nlast'; echo other >&2`,
      shell: true,
      timeoutMs: 5_000,
      onStdoutLine: (line) => lines.push(line),
      onStderrLine: (line) => lines.push(`error: ${line}`),
    });
    expect(lines.filter((line) => !line.startsWith('error'))).toEqual(['1/9', '2/9', '3/9', 'last']);
    expect(lines).toContain('error: other');
  });

  it('end the program when the receiver throws, and run() throws the same', async () => {
    const failure = new Error('receiver');
    const running = runner.run({
      command: 'echo x; sleep 9',
      shell: true,
      timeoutMs: 9_000,
      onStdoutLine: () => {
        throw failure;
      },
    });
    await expect(running).rejects.toBe(failure);
  });
});

describe('a program that cannot be started', () => {
  it.each([
    [{ command: '/does/not/exist' }, /pg_bindir/],
    [{ command: '/etc/passwd' }, /executable/],
    [{ command: 'true', cwd: '/does/not/exist' }, /directory "\/does\/not\/exist"/],
    [{ command: 'true', args: ['x'.repeat(3_000_000)] }, /shorten/],
  ])('is reported with what to do: %#', async (spec, hint) => {
    const running = runner.run({ ...spec, timeoutMs: 1_000 });
    await expect(running).rejects.toBeInstanceOf(LocalCommandFailed);
    await expect(running).rejects.toMatchObject({ hint: expect.stringMatching(hint) as string });
  });
});
