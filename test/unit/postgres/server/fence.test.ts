import { describe, expect, it } from 'vitest';
import { OperationFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import { fenceServer } from '../../../../src/postgres/server/fence.ts';
import { postmasterPid, scriptedHost, server, sharedMemoryTable } from './server-fixtures.ts';

const limits = { quitMs: 100, deadlineMs: 500 };

function runningServer() {
  const host = scriptedHost([
    server(100),
    server(101, { parentPid: 100 }),
    server(102, { parentPid: 100 }),
    server(103, { parentPid: 102, name: 'cp' }),
    server(50, { name: 'bash' }),
    server(60, { workingDirectory: '/other' }),
    server(70, { workingDirectory: undefined }),
  ]);
  host.files.set('/data/postmaster.pid', postmasterPid(100));
  return host;
}
const own = [100, 101, 102, 103];

describe('the fence', () => {
  it('is content with SIGQUIT when that suffices', async () => {
    const host = runningServer();
    host.onSignal = () => {
      for (const pid of own) host.table.delete(pid);
    };
    expect(await fenceServer(host.context, limits)).toMatchObject({ verified: true, killed: 0 });
    expect(host.signals).toEqual(['SIGQUIT 100']);
    expect([...host.table.keys()]).toEqual([50, 60, 70]);
  });

  it('kills whoever does not listen, parents first, and nobody else', async () => {
    const host = runningServer();
    host.onSignal = (pid, signalName) => {
      if (signalName === 'SIGKILL') host.table.delete(pid);
    };
    const result = await fenceServer(host.context, limits);
    expect(result).toMatchObject({ verified: true, killed: 4 });
    expect(host.signals[0]).toBe('SIGQUIT 100');
    expect(host.signals[1]).toBe('SIGKILL 100');
    expect(host.signals.toSorted()).toEqual([...own.map((pid) => `SIGKILL ${pid}`), 'SIGQUIT 100']);
    expect(host.clock.nowMs).toBeGreaterThanOrEqual(100);
    expect(host.clock.nowMs).toBeLessThan(150);
    expect(result.steps.at(-1)).toMatch(/verified/);
  });

  it('finds children that a dying postmaster has started meanwhile', async () => {
    const host = runningServer();
    host.files.delete('/data/postmaster.pid');
    host.onSignal = (pid) => {
      host.table.delete(pid);
      if (pid === 100) host.table.set(110, server(110, { parentPid: 1 }));
    };
    expect(await fenceServer(host.context, limits)).toMatchObject({ verified: true, killed: 5 });
  });

  it('does not signal the same pid in another process', async () => {
    const host = scriptedHost([server(100, { workingDirectory: '/home', name: 'vim' })]);
    host.files.set('/data/postmaster.pid', postmasterPid(100));
    expect(await fenceServer(host.context, limits)).toMatchObject({ verified: true, killed: 0 });
    expect(host.signals).toEqual([]);
  });

  it('says so when a process outlives SIGKILL, within the deadline', async () => {
    const host = runningServer();
    host.onSignal = (pid) => {
      if (pid !== 101) host.table.delete(pid);
    };
    const result = await fenceServer(host.context, limits);
    expect(result.verified).toBe(false);
    expect(result.steps.at(-1)).toMatch(/not verified: 1 processes left \(101\)/);
    expect(host.clock.nowMs).toBeLessThan(520);
    expect(host.signals.filter((signal) => signal === 'SIGKILL 101')).toHaveLength(1);
  });

  it('does not save the others when one may not be signalled', async () => {
    const host = runningServer();
    host.onSignal = (pid) => {
      if (pid === 103) throw new OperationFailed('unable to send SIGKILL to process 103');
      if (pid !== 100 || host.signals.includes('SIGKILL 100')) host.table.delete(pid);
    };
    const result = await fenceServer(host.context, limits);
    expect(result).toMatchObject({ killed: 3 });
    expect(result.steps.join('\n')).toContain('unable to send SIGKILL to process 103');
    expect(own.filter((pid) => host.table.has(pid))).toEqual([103]);
  });

  it('counts zombies as dead', async () => {
    const host = scriptedHost([server(100, { isZombie: true, workingDirectory: undefined })]);
    host.files.set('/data/postmaster.pid', postmasterPid(100));
    expect(await fenceServer(host.context, limits)).toMatchObject({ verified: true, killed: 0 });
  });

  it('believes the shared memory more than the process table', async () => {
    const host = scriptedHost([]);
    host.files.set('/data/postmaster.pid', postmasterPid(100, '77'));
    host.files.set('/proc/sysvipc/shm', sharedMemoryTable('77', 2));
    expect((await fenceServer(host.context, limits)).verified).toBe(false);
    host.files.set('/proc/sysvipc/shm', sharedMemoryTable('78', 2));
    expect((await fenceServer(host.context, limits)).verified).toBe(true);
    host.files.set('/proc/sysvipc/shm', sharedMemoryTable('77', 1));
    host.clock.onSleep = () => host.files.set('/proc/sysvipc/shm', sharedMemoryTable('77', 0));
    expect((await fenceServer(host.context, limits)).verified).toBe(true);
  });
});
