import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type LaunchOptions, launchDaemon, selfCommand } from '../../../src/daemon/launch-daemon.ts';

const program = join(import.meta.dirname, 'launched-program.ts');

let folder: string;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repmgr-launch-'));
  said = '';
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Says that it waits, and does until it is told to end. */
const waiting = `
  const { writeSync } = require('node:fs');
  process.on('SIGTERM', () => { writeSync(3, 'told to end\\n'); process.exit(0); });
  writeSync(3, 'waiting\\n');
  setInterval(() => undefined, 1000);
`;
const waitingSelf = { command: process.execPath, args: ['-e', waiting], argv0: 'repmgrd' };

function launch(args: readonly string[], options: Partial<LaunchOptions> = {}): Promise<number> {
  return launchDaemon({
    self: { command: process.execPath, args: ['--import', 'tsx', program, ...args], argv0: 'repmgrd' },
    write: (text) => {
      said += text;
    },
    readyTimeoutMs: 30_000,
    ...options,
  });
}

describe('a daemon in the background', () => {
  test('lives on when ready, beside its configuration and without any descriptor of the shell', async () => {
    expect(await launch(['ready', join(folder, 'repmgr.conf')])).toBe(0);
    const [greeting, line = '', isMarked] = said.split('\n');
    expect(greeting).toBe('connecting …');
    const [pidText, ...rest] = line.split(' ');
    const pid = Number(pidText);
    expect(rest).toEqual([folder, '/dev/null', '/dev/null', '/dev/null']);
    expect(isMarked).toBe('false');
    expect(said).not.toContain('not shown');
    expect(process.kill(pid, 0)).toBe(true);
    process.kill(-pid, 'SIGTERM');
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 5_000 });
  });

  test('that refuses to start shows why, and its status is ours', async () => {
    expect(await launch(['refuse'])).toBe(3);
    expect(said).toBe('ERROR: no such node\n');
  });

  test('that ends without a word is at least said to have ended', async () => {
    expect(await launch(['silent'])).toBe(6);
    expect(said).toContain('ended with status 6 before it was ready');
    expect(await launch(['succeed'])).toBe(13);
  });

  test('that crashes shows its trace', async () => {
    expect(await launch(['crash'])).toBe(1);
    expect(said).toContain('Error: cannot happen\n    at ');
  });

  test('that never gets ready is ended', async () => {
    expect(await launch([], { self: waitingSelf, readyTimeoutMs: 1_000 })).toBe(13);
    expect(said).toBe('waiting\ntold to end\nrepmgrd was not ready in time and has been ended\n');
  });

  test('is ended when the one who waits for it gives up', async () => {
    const abort = new AbortController();
    const launched = launch([], { self: waitingSelf, signal: abort.signal });
    await vi.waitFor(() => expect(said).toBe('waiting\n'), { timeout: 20_000 });
    abort.abort();
    expect(await launched).toBe(13);
    expect(said).toBe('waiting\ntold to end\n');
  });

  test('that cannot be started at all is an error of the system', async () => {
    const self = { command: join(folder, 'absent'), args: [], argv0: 'repmgrd' };
    await expect(launch([], { self })).rejects.toMatchObject({ exit: 'SYS_FAILURE' });
  });
});

test('the program knows how to start itself again', () => {
  const self = selfCommand();
  expect(self.command).toBe(process.execPath);
  expect(self.args).toEqual([...process.execArgv, ...process.argv.slice(1)]);
});
