import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  connectToGuardian,
  listenForDaemon,
  readGuardianPid,
  writeGuardianPid,
} from '../../../../src/daemon/guardian/guardian-socket.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repmgr-guardian-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each(['short', 'a-name-that-is-much-longer-than-the-path-of-a-unix-socket-may-be-'.repeat(3)])(
  'joins daemon and guardian through the state directory "%s"',
  async (name) => {
    const directory = join(folder, name);
    mkdirSync(directory);
    expect(await connectToGuardian(directory)).toBeUndefined();
    const server = await listenForDaemon(directory, (socket) => socket.end('hello'));
    const socket = await connectToGuardian(directory);
    expect(await socket?.setEncoding('utf8').toArray()).toEqual(['hello']);
    await new Promise((resolve) => server.close(resolve));
    // One that a dead guardian left behind is replaced.
    const next = await listenForDaemon(directory, (other) => other.end());
    expect(await connectToGuardian(directory)).toBeDefined();
    await new Promise((resolve) => next.close(resolve));
  },
);

it('knows the process of the last guardian', () => {
  expect(readGuardianPid(folder)).toBeUndefined();
  writeGuardianPid(folder, { pid: 42, startTicks: '777' });
  expect(readGuardianPid(folder)).toEqual({ pid: 42, startTicks: '777' });
});
