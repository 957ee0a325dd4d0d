import { describe, expect, test } from 'vitest';
import { apiPortOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { daemonStatus } from '../../../fakes/fake-peers.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

const pid = 4_711;
const settings = {
  repmgrd_service_start_command: 'systemctl start repmgrd',
  repmgrd_service_stop_command: 'systemctl stop repmgrd',
};
const cluster = () => new FakeCluster([nodeRecord(1)]);
const run = (world: FakeCluster, line: string, changes = {}) =>
  runRepmgr(world, `daemon ${line}`, { nodeId: 1, settings: { ...settings, ...changes } });

function setRunning(world: FakeCluster): void {
  world.peers.daemons.set(apiPortOf(1), { status: daemonStatus({ nodeId: 1, pid }) });
  world.pids.add(pid);
}

function setStopped(world: FakeCluster): void {
  world.peers.daemons.clear();
  world.pids.clear();
}

describe('daemon start', () => {
  test('runs the command and waits until repmgrd answers', async () => {
    const world = cluster();
    world.clock.onSleep = (nowMs) => {
      if (nowMs >= 3_000) setRunning(world);
    };
    expect(await run(world, 'start')).toEqual({
      status: 0,
      stdout: '',
      stderr: `NOTICE: repmgrd has been started (PID: ${pid})\n`,
    });
    expect(world.runner.commands).toEqual(['systemctl start repmgrd']);
    expect(world.clock.nowMs).toBe(3_000);
  });

  test.each([
    ['', 15_000],
    ['--wait', 15_000],
    ['-w', 15_000],
    ['--wait=4', 4_000],
  ])('gives up with 27 (%s)', async (options, waitedMs) => {
    const world = cluster();
    expect((await run(world, `start ${options}`)).status).toBe(27);
    expect(world.clock.nowMs).toBe(waitedMs);
  });

  test.each(['--no-wait', '-W', '--wait=0'])('does not wait with %s', async (option) => {
    const world = cluster();
    expect((await run(world, `start ${option}`)).status).toBe(0);
    expect(world.clock.nowMs).toBe(0);
  });

  test('runs nothing with --dry-run', async () => {
    const world = cluster();
    const { status, stderr } = await run(world, 'start --dry-run');
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'INFO: would run "systemctl start repmgrd"\n' });
    expect(world.runner.commands).toEqual([]);
  });

  test('ends with 27 when it runs already or the command fails', async () => {
    const world = cluster();
    world.runner.resultOf = () => ({ exitStatus: 5, stderr: 'Unit repmgrd.service not found.\n' });
    const failed = await run(world, 'start');
    expect(failed.status).toBe(27);
    expect(failed.stderr).toContain('repmgrd_service_start_command ended with status 5');
    expect(failed.stderr).toContain('DETAIL: Unit repmgrd.service not found.');
    setRunning(world);
    const running = await run(world, 'start');
    expect(running).toMatchObject({
      status: 27,
      stderr: expect.stringContaining('already running (PID: 4711)'),
    });
  });

  test('ends with 1 without a command, and 6 without the local database', async () => {
    const world = cluster();
    expect((await run(world, 'start', { repmgrd_service_start_command: '' })).status).toBe(1);
    world.server(1).state = 'down';
    expect((await run(world, 'start')).status).toBe(6);
  });

  test('gives JSON', async () => {
    const world = cluster();
    const { stdout } = await run(world, 'start --no-wait --json');
    expect(JSON.parse(stdout)).toEqual({ started: true, pid: null, dryRun: false });
  });
});

describe('daemon stop', () => {
  test('runs the command and waits until the process is gone', async () => {
    const world = cluster();
    setRunning(world);
    world.clock.onSleep = (nowMs) => {
      if (nowMs >= 2_000) setStopped(world);
    };
    expect(await run(world, 'stop')).toEqual({
      status: 0,
      stdout: '',
      stderr: 'NOTICE: repmgrd has been stopped\n',
    });
    expect(world.runner.commands).toEqual(['systemctl stop repmgrd']);
    expect(world.clock.nowMs).toBe(2_000);
  });

  test('gives up with 27', async () => {
    const world = cluster();
    setRunning(world);
    const { status, stderr } = await run(world, 'stop --wait=3');
    expect(status).toBe(27);
    expect(stderr).toContain('still running after 3 s');
  });

  test('works without the local database, with the key that is kept', async () => {
    const world = cluster();
    setRunning(world);
    world.server(1).state = 'down';
    expect((await run(world, 'stop -W')).status).toBe(27);
    world.files.set('/data/node1.repmgr/cluster-key', world.peers.clusterKey);
    const { status, stderr } = await run(world, 'stop -W');
    expect(status).toBe(0);
    expect(stderr).toContain('WARNING: the database of this node');
  });

  test('runs nothing with --dry-run', async () => {
    const world = cluster();
    setRunning(world);
    expect((await run(world, 'stop --dry-run')).status).toBe(0);
    expect(world.runner.commands).toEqual([]);
  });

  test('ends with 27 when it does not run, and 1 without a command', async () => {
    const world = cluster();
    expect((await run(world, 'stop')).status).toBe(27);
    expect((await run(world, 'stop', { repmgrd_service_stop_command: '' })).status).toBe(1);
  });
});
