import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import { TestCluster } from '../../../lab/test-cluster.ts';
import { waitFor } from '../../../lab/wait-for.ts';

// One cluster for all: each test leaves it as it found it. No repmgrd runs.
describe('commands on a real cluster', () => {
  let cluster: TestCluster;
  let primary: ClusterNode;
  let standby: ClusterNode;

  beforeAll(async () => {
    cluster = await TestCluster.prepare({ nodes: 2, postgresSettings: { archive_mode: 'off' } });
    primary = await cluster.createPrimary();
    standby = cluster.node(2);
    await cluster.createStandby(standby);
    await cluster.waitForStandbyStreaming(standby, { primary });
  });

  afterAll(async () => cluster?.destroy());

  it('cluster show finds both nodes healthy, asked from either', async () => {
    for (const node of cluster.nodes) {
      const { status, stdout, stderr } = await node.repmgr(['cluster', 'show', '--compact']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(
        /^ 1 {2}\| node1 \| primary \| \* running \| {10}\| default {2}\| 100 {3}\| 1 {3}$/m,
      );
      expect(stdout).toMatch(
        /^ 2 {2}\| node2 \| standby \| {3}running \| node1 {4}\| default {2}\| 100 {3}\| 1 {3}$/m,
      );
    }
  });

  it('cluster show works with connection parameters alone', async () => {
    const { address } = primary.machine;
    const { stdout } = await primary.repmgr([
      '-h',
      address,
      '-p',
      String(primary.port),
      '-U',
      'repmgr',
      '-d',
      'repmgr',
      'cluster',
      'show',
      '--csv',
    ]);
    expect(stdout).toBe('1,0,0\n2,0,1\n');
  });

  it('shows and survives a stopped standby', async () => {
    await standby.postgres.stop('fast');
    const { status, stdout } = await primary.repmgr(['cluster', 'show', '--csv']);
    expect({ status, stdout }).toEqual({ status: 25, stdout: '1,0,0\n2,-1,-1\n' });
    const clean = await standby.repmgr(['node', 'status', '--is-shutdown-cleanly']);
    expect(clean.stdout).toMatch(/^--state=SHUTDOWN --last-checkpoint-lsn=[0-9A-F]+\/[0-9A-F]+\n$/);
    expect((await standby.repmgr(['node', 'status'])).status).toBe(6);
    await standby.postgres.start();
    await cluster.waitForStandbyStreaming(standby, { primary });
    expect((await standby.repmgr(['node', 'status', '--is-shutdown-cleanly'])).stdout).toBe('--state=UP\n');
  });

  it('node status knows the upstream', async () => {
    const { stdout } = await standby.repmgr(['node', 'status', '--csv']);
    expect(stdout).toContain('"Role","standby"\n"WAL archiving","off"\n');
    expect(stdout).toMatch(/^"Upstream node","node1 \(ID: 1\)"\n"Replication lag","\d+ seconds"$/m);
  });

  it('registers again with --force only, and tells what happened', async () => {
    expect((await standby.repmgr(['standby', 'register'])).status).toBe(1);
    expect((await standby.repmgr(['standby', 'register', '-F', '--wait-sync=10'])).status).toBe(0);
    expect((await primary.repmgr(['primary', 'register', '-F'])).status).toBe(0);
    const { stdout } = await standby.repmgr(['cluster', 'event', '--csv', '--limit=3']);
    const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
    expect(stdout).toMatch(
      new RegExp(
        `^1,node1,primary_register,t,${stamp}\n2,node2,standby_register_sync,t,${stamp}\n2,node2,standby_register,t,${stamp}\n$`,
      ),
    );
  });

  it('unregisters and registers a standby', async () => {
    expect((await primary.repmgr(['primary', 'unregister', '-F'])).status).toBe(1);
    expect((await primary.repmgr(['standby', 'unregister', '--node-name=node2'])).status).toBe(0);
    expect((await primary.repmgr(['cluster', 'show', '--csv'])).stdout).toBe('1,0,0\n');
    expect((await standby.repmgr(['standby', 'register', '--wait-sync=10'])).status).toBe(0);
    expect((await primary.repmgr(['cluster', 'show', '--csv'])).stdout).toBe('1,0,0\n2,0,1\n');
  });

  it('ends at Ctrl-C while a query hangs, and has changed nothing', async () => {
    const blocker = primary.postgres.query('LOCK TABLE repmgr.nodes; SELECT pg_sleep(60) AS blocking', [], {
      database: 'repmgr',
    });
    const isOver = blocker.then(
      () => 'ended',
      () => 'terminated',
    );
    const waiting = async (): Promise<boolean> =>
      (await primary.postgres.query('SELECT 1 FROM pg_locks WHERE NOT granted')).length > 0;
    const child = primary.machine.start(
      join(cluster.folder.path, 'bin', 'repmgr'),
      ['-f', primary.configFile, 'standby', 'unregister', '--node-id=2'],
      { logFile: join(primary.machine.folder, 'unregister.log') },
    );
    const ended = new Promise<number | null>((resolve) => child.once('exit', (status) => resolve(status)));
    await waitFor(waiting, { what: 'the command waiting for the lock', timeoutMs: 10_000 });
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await primary.postgres.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%AS blocking' AND pid <> pg_backend_pid()",
    );
    expect(await isOver).toBe('terminated');
    expect((await primary.repmgr(['cluster', 'show', '--csv'])).stdout).toBe('1,0,0\n2,0,1\n');
  });

  it('service status and pause know that no repmgrd runs', async () => {
    const { status, stdout } = await standby.repmgr(['service', 'status', '--csv']);
    expect(status).toBe(0);
    expect(stdout).toBe(
      '1,node1,primary,1,0,-1,-1,100,-1,default\n2,node2,standby,1,0,-1,-1,100,-1,default\n',
    );
    expect((await standby.repmgr(['service', 'pause'])).status).toBe(26);
  });
});
