import { describe, expect, it } from 'vitest';
import { removeLockFilesOfTheDead } from '../../../../src/postgres/server/remove-lock-files-of-the-dead.ts';
import { readPostmasterFile, readProcessState } from '../../../../src/postgres/server/server-processes.ts';
import { postmasterPid, scriptedHost, server, sharedMemoryTable } from './server-fixtures.ts';

describe('the state of the postmaster', () => {
  it.each([
    ['no file', undefined, [], { kind: 'absent' }],
    ['garbage in the file', 'x\n', [], { kind: 'absent' }],
    ['nobody of that pid', postmasterPid(100), [], { kind: 'stale', pid: 100 }],
    ['a zombie', postmasterPid(100), [server(100, { isZombie: true })], { kind: 'stale', pid: 100 }],
    ['another program', postmasterPid(100), [server(100, { name: 'vim' })], { kind: 'stale', pid: 100 }],
    [
      'a server of another directory',
      postmasterPid(100),
      [server(100, { workingDirectory: '/other' })],
      { kind: 'stale', pid: 100 },
    ],
    ['it', postmasterPid(100), [server(100)], { kind: 'running', pid: 100, statusLine: 'ready' }],
    ['just starting', '100\n/data\n', [server(100)], { kind: 'running', pid: 100, statusLine: '' }],
    ['a standalone backend', '-100\n/data\n', [server(100)], { kind: 'running', pid: 100, statusLine: '' }],
  ])('with %s', async (_, content, processes, expected) => {
    const host = scriptedHost(processes);
    if (content !== undefined) host.files.set('/data/postmaster.pid', content);
    expect(await readProcessState(host.context)).toEqual(expected);
  });

  it('is known with its locks', async () => {
    const host = scriptedHost([]);
    host.files.set('/data/postmaster.pid', postmasterPid(100));
    expect(await readPostmasterFile(host.context)).toMatchObject({
      sharedMemoryId: '65538',
      socketLockFile: '/run/.s.PGSQL.5432.lock',
    });
    host.files.set('/data/postmaster.pid', '100\n/data\n1\n5432\n\n');
    expect((await readPostmasterFile(host.context))?.socketLockFile).toBeUndefined();
  });
});

describe('lock files of a dead postmaster', () => {
  const socketLock = '/run/.s.PGSQL.5432.lock';
  const locked = (...processes: Parameters<typeof scriptedHost>[0]) => {
    const host = scriptedHost(processes);
    host.files.set('/data/postmaster.pid', postmasterPid(100));
    host.files.set(socketLock, '100\n/data\n');
    return host;
  };

  it.each([
    ['a recycled pid', server(100, { name: 'vim', workingDirectory: '/home' })],
    ['a zombie', server(100, { isZombie: true, workingDirectory: undefined })],
  ])('are removed in the case of %s', async (_, holder) => {
    const host = locked(holder);
    await removeLockFilesOfTheDead(host.context);
    expect([...host.files.keys()]).toEqual([]);
  });

  it('of somebody else stay', async () => {
    const host = locked(server(100, { isZombie: true }));
    host.files.set(socketLock, '999\n/elsewhere\n');
    await removeLockFilesOfTheDead(host.context);
    expect([...host.files.keys()]).toEqual([socketLock]);
  });

  it.each([
    ['the postmaster lives', [server(100)]],
    ['a child lives', [server(100, { isZombie: true }), server(101)]],
    ['the pid is free', []],
  ])('stay while %s', async (_, processes) => {
    const host = locked(...processes);
    await removeLockFilesOfTheDead(host.context);
    expect(host.files.size).toBe(2);
  });

  it('stay while somebody is attached to the shared memory', async () => {
    const host = locked(server(100, { isZombie: true }));
    host.files.set('/proc/sysvipc/shm', sharedMemoryTable('65538', 1));
    await removeLockFilesOfTheDead(host.context);
    expect(host.files.has('/data/postmaster.pid')).toBe(true);
  });
});
