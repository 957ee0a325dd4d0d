import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import type { ProgramResult } from '../../../lab/lab-host.ts';
import { TestCluster } from '../../../lab/test-cluster.ts';
import { waitFor } from '../../../lab/wait-for.ts';

describe('the start of repmgrd', () => {
  let cluster: TestCluster;
  let node: ClusterNode;
  let pidFile: string;

  beforeAll(async () => {
    cluster = await TestCluster.prepare({ nodes: 1 });
    node = await cluster.createPrimary();
    pidFile = join(node.machine.folder, 'repmgrd.pid');
  });

  afterAll(async () => {
    await cluster.destroy();
  });

  const repmgrd = (...args: string[]): Promise<ProgramResult> =>
    node.machine.run(join(cluster.folder.path, 'bin', 'repmgrd'), args, { timeoutMs: 15_000 });
  const stateFile = () => join(`${node.postgres.dataDirectory}.repmgr`, 'voter-state.json');
  const pid = () => Number(readFileSync(pidFile, 'utf8'));
  const stop = async () => {
    process.kill(pid(), 'SIGTERM');
    await waitFor(() => !existsSync(pidFile), { what: 'repmgrd to remove its PID file', timeoutMs: 10_000 });
  };
  /** A copy of the node's repmgr.conf with some lines replaced. */
  const variant = (lines: Readonly<Record<string, string>>): string => {
    const kept = readFileSync(node.configFile, 'utf8')
      .split('\n')
      .filter((line) => !Object.keys(lines).some((name) => line.startsWith(`${name}=`)));
    const path = join(node.machine.folder, 'variant.conf');
    writeFileSync(
      path,
      [...kept, ...Object.entries(lines).map(([name, value]) => `${name}='${value}'`), ''].join('\n'),
    );
    return path;
  };

  it('needs a configuration file', async () => {
    expect(await repmgrd('-f', '/nonexistent.conf')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('"/nonexistent.conf" does not exist') as string,
    });
  });

  it('says where the PID file would be', async () => {
    expect(await repmgrd('-f', node.configFile, '--show-pid-file')).toMatchObject({
      status: 0,
      stdout: `${pidFile}\n`,
    });
    expect(await repmgrd('-f', node.configFile, '-s', '--no-pid-file')).toMatchObject({
      status: 0,
      stdout: '\n',
    });
  });

  it.each([
    ['an unregistered node', { node_id: '9' }, 1, 'is not registered'],
    ['a log file that cannot be written', { log_file: '/nonexistent/x.log' }, 1, 'could not open log file'],
    [
      'a password or role that the server refuses, before it has ever run',
      { conninfo: '' },
      6,
      'role "nobody" does not exist',
    ],
  ])('is refused for %s, by the launching process too', async (_, lines, status, text) => {
    const conninfo = node.conninfo.replace('user=repmgr', 'user=nobody');
    const file = variant('conninfo' in lines ? { conninfo } : lines);
    for (const way of ['--daemonize=true', '--daemonize=false']) {
      const result = await repmgrd('-f', file, way);
      expect(result.status, result.stderr).toBe(status);
      expect(result.stderr).toContain(text);
      expect(existsSync(pidFile)).toBe(false);
    }
  });

  it('goes to the background, and a second one is refused with status 3', async () => {
    expect(await repmgrd('-f', node.configFile, '-d')).toMatchObject({ status: 0 });
    const running = pid();
    for (const way of ['-d', '--daemonize=false']) {
      const second = await repmgrd('-f', node.configFile, way);
      expect(second.status).toBe(3);
      expect(second.stderr).toContain(`process ${running}`);
    }
    await stop();
    expect(node.postgres.isRunning()).toBe(true);
    const rows = await node.postgres.query<{ event: string }>(
      'SELECT event FROM repmgr.events ORDER BY event_timestamp DESC LIMIT 1',
      [],
      { database: 'repmgr' },
    );
    expect(rows).toEqual([{ event: 'repmgrd_shutdown' }]);
  });

  it('stays away from the state of one that runs already on the same port', async () => {
    expect(await repmgrd('-f', node.configFile)).toMatchObject({ status: 0 });
    const starts = () => /"startCounter":\d+/.exec(readFileSync(stateFile(), 'utf8'))?.[0];
    const before = starts();
    const second = await repmgrd('-f', node.configFile, '--no-pid-file', '--daemonize=false');
    expect(second.status, second.stderr).not.toBe(0);
    expect(second.stderr).toContain('already listens');
    expect(starts()).toBe(before);
    await stop();
  });

  it('is refused when the state of the voter cannot be understood', async () => {
    const state = stateFile();
    const good = readFileSync(state, 'utf8');
    for (const damaged of [good.slice(0, 100), '', '{"term":1}']) {
      writeFileSync(state, damaged);
      const result = await repmgrd('-f', node.configFile);
      expect(result.status).toBe(1);
      expect(result.stderr).toContain(state);
      expect(result.stderr).toContain('HINT');
    }
    writeFileSync(state, good);
  });

  it('does without the database once it knows its cluster, and brings it back', async () => {
    await node.postgres.kill();
    expect(await repmgrd('-f', node.configFile)).toMatchObject({ status: 0 });
    await node.postgres.waitUntilReady(20_000);
    await stop();
  });
});
