import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPidFile, resolvePidFilePath } from '../../../src/daemon/pid-file.ts';

describe('the path of the PID file', () => {
  const all = { none: false, option: '/o', configured: '/c', temporaryDirectory: '/t' };
  test.each([
    [{ ...all, none: true }, undefined],
    [all, '/o'],
    [{ ...all, option: undefined }, '/c'],
    [{ ...all, option: undefined, configured: '' }, '/t/repmgrd.pid'],
    [{ ...all, option: '', configured: '', temporaryDirectory: '' }, '/tmp/repmgrd.pid'],
    [{ ...all, option: undefined, configured: '', temporaryDirectory: undefined }, '/tmp/repmgrd.pid'],
  ])('for %o is %s', (choice, path) => {
    expect(resolvePidFilePath(choice)).toBe(path);
  });
});

describe('the PID file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'repmgr-pid-'));
    path = join(folder, 'repmgrd.pid');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const content = () => readFileSync(path, 'utf8');

  test('holds the process id without a newline, readable for all whatever the umask', async () => {
    const umask = process.umask(0o077);
    const file = await createPidFile(path).finally(() => process.umask(umask));
    expect(content()).toBe(String(process.pid));
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(await file.remove()).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(await file.remove()).toBe(false);
  });

  test('of a living process is respected with exit status 3', async () => {
    writeFileSync(path, String(process.ppid));
    await expect(createPidFile(path)).rejects.toMatchObject({
      exit: 'BAD_PIDFILE',
      facts: { file: path, pid: process.ppid },
    });
    expect(content()).toBe(String(process.ppid));
  });

  test('of a dead process, of our own number, empty or with nonsense is overwritten', async () => {
    const dead = await new Promise<number>((resolve) => {
      const child = spawn('true');
      child.once('exit', () => resolve(child.pid ?? 0));
    });
    for (const stale of [`${dead}`, `${process.pid}\n`, '', 'no number at all, and a long one', '0', '-1']) {
      writeFileSync(path, stale);
      await createPidFile(path);
      expect(content(), stale).toBe(String(process.pid));
    }
  });

  test('of a dead process that nobody has taken note of is overwritten', async () => {
    // The shell's child ends while the shell has become a program that never waits for it.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const zombie = await new Promise<string>((resolve) => {
        parent.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
      });
      await expect.poll(() => readFileSync(`/proc/${zombie}/stat`, 'utf8')).toContain(') Z ');
      writeFileSync(path, zombie);
      await createPidFile(path);
      expect(content()).toBe(String(process.pid));
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('that cannot be read is respected with exit status 3', async () => {
    mkdirSync(path);
    await expect(createPidFile(path)).rejects.toMatchObject({ exit: 'BAD_PIDFILE' });
  });

  test('that cannot be created ends with status 1', async () => {
    await expect(createPidFile(join(folder, 'absent', 'repmgrd.pid'))).rejects.toMatchObject({
      exit: 'BAD_CONFIG',
    });
  });

  test('is not written through a symbolic link', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, path);
    await expect(createPidFile(path)).rejects.toMatchObject({ exit: 'BAD_CONFIG' });
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test('is left alone at the end when somebody else has taken it over', async () => {
    const file = await createPidFile(path);
    writeFileSync(path, String(process.ppid));
    expect(await file.remove()).toBe(false);
    expect(content()).toBe(String(process.ppid));
  });
});
