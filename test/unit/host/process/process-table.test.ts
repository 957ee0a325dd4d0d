import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createProcessTable, parseProcessStat } from '../../../../src/host/process/process-table.ts';

describe('the process table', () => {
  const processes = createProcessTable();

  it('shows this process among all', async () => {
    const own = await processes.find(process.pid);
    expect(own).toMatchObject({
      pid: process.pid,
      parentPid: process.ppid,
      isZombie: false,
      workingDirectory: process.cwd(),
    });
    const listed = (await processes.list()).find(({ pid }) => pid === process.pid);
    expect(listed?.startTicks).toBe(own?.startTicks);
    expect(await processes.find(2 ** 22 + 1)).toBeUndefined();
  });

  it('sends signals and tells when nobody was there', async () => {
    const child = spawn('sleep', ['30'], { cwd: tmpdir() });
    await once(child, 'spawn');
    const pid = child.pid as number;
    expect((await processes.find(pid))?.workingDirectory).toBe(realpathSync(tmpdir()));
    expect(processes.signal(pid, 'SIGKILL')).toBe(true);
    await once(child, 'exit');
    expect(processes.signal(pid, 'SIGKILL')).toBe(false);
  });
});

describe('a line of /proc/<pid>/stat', () => {
  const line = '77 (odd (name) x) S 12 77 77 0 -1 4194304 1 0 0 0 1 2 3 4 20 0 1 0 987654 2000 30 18446744 1';

  it('is read although the name holds blanks and parentheses', () => {
    expect(parseProcessStat(`${line}\n`, '/data (deleted)')).toEqual({
      pid: 77,
      parentPid: 12,
      name: 'odd (name) x',
      startTicks: '987654',
      isZombie: false,
      workingDirectory: '/data',
    });
  });

  it('tells zombies', () => {
    expect(parseProcessStat(line.replace(') S ', ') Z '), undefined)?.isZombie).toBe(true);
    expect(parseProcessStat('garbage', undefined)).toBeUndefined();
  });
});
