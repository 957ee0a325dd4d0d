import { describe, expect, test } from 'vitest';
import { OperationFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import { runRepmgr } from '../../fakes/run-repmgr.ts';

const cluster = () => new FakeCluster([nodeRecord(1)]);
const run = (line: string, options = {}) => runRepmgr(cluster(), line, { nodeId: 1, ...options });

describe('main', () => {
  test.each(['--version', '-V', 'cluster show --version', '--version --nonsense'])(
    '%s shows the version',
    async (line) => {
      const { status, stdout } = await run(line, { effectiveUserId: 0 });
      expect(status).toBe(0);
      expect(stdout).toMatch(/^repmgr 5\.5\.0 \(repmgr-ts \d+\.\d+\.\d+\)\n$/);
    },
  );

  test('--version-number shows a number', async () => {
    expect(await run('--version-number')).toEqual({ status: 0, stdout: '50500\n', stderr: '' });
  });

  test.each(['--help', '-?', '--help cluster show', 'standby --help', 'primary register --help'])(
    '%s shows help, also to root',
    async (line) => {
      const { status, stdout, stderr } = await run(line, { effectiveUserId: 0 });
      expect(status).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toContain('Usage:');
    },
  );

  test('help of a command has its options, events and exit statuses', async () => {
    const { stdout } = await run('standby register --help');
    for (const text of [
      '--upstream-node-id=ID',
      '--wait-sync[=SECONDS]',
      '--dry-run',
      '  standby_register_sync',
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).toMatch(/^EXIT STATUS:$/m);
    expect(stdout).toMatch(/^ {2}20 {2,}\S/m);
    expect(stdout).not.toContain('--csv');
  });

  test('refuses root', async () => {
    const { status, stderr } = await run('cluster show', { effectiveUserId: 0 });
    expect(status).toBe(1);
    expect(stderr).toContain('must not be run as root');
  });

  test.each([
    ['', 'no command was given'],
    ['standby', '"standby" needs an action'],
    ['slave', 'there is no command "slave"'],
    ['cluster burn', 'there is no command "cluster burn"'],
    ['cluster show more', '"more" is one argument too many'],
    ['--node-id=none cluster event', '--node-id needs a whole number'],
    ['--wait --no-wait daemon start', '--wait and --no-wait exclude each other'],
    ['--csv --nagios cluster show', '--csv and --nagios exclude each other'],
    ['--dump-config cluster show', '--dump-config cannot be combined with a command'],
    ['-d port=nonsense=x cluster show --csv --json', '--csv and --json exclude each other'],
  ])('"repmgr %s" is a usage error', async (line, problem) => {
    const { status, stdout, stderr } = await run(line);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`ERROR: ${problem}`);
    expect(stderr).toMatch(/Try "repmgr --help" for more information\.\n$/);
  });

  test('points to the help on standard output when only an option is unknown', async () => {
    const { status, stdout, stderr } = await run('--nonsense cluster show');
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'Try "repmgr --help" for more information.\n' });
    expect(stderr).toBe("repmgr: unrecognized option '--nonsense'\n");
  });

  test('warns of options without effect, and runs the command as if they were not there', async () => {
    const { status, stderr } = await run('--node-id=7 --upstream-node-id=2 -C x cluster show');
    expect(status).toBe(0);
    expect(stderr).toContain('WARNING: --node-id has no effect on "cluster show"');
    expect(stderr).toContain('WARNING: --upstream-node-id has no effect on "cluster show"');
    expect(stderr).toContain('WARNING: --remote-config-file has no effect any more');
    expect((await run('--node-id=7 --terse cluster show')).stderr).toBe('');
    expect((await run('--node-id=7 --quiet cluster show')).stderr).toBe('');
  });

  test('needs a configuration file, or connection parameters where these will do', async () => {
    const { status, stderr } = await run('cluster show', { nodeId: 0 });
    expect(status).toBe(1);
    expect(stderr).toContain('needs a configuration file');
    expect((await run('-h 127.0.0.1 -p 55201 -d repmgr cluster show', { nodeId: 0 })).status).toBe(0);
    expect((await run('-h 127.0.0.1 -p 55201 cluster event', { nodeId: 0 })).status).toBe(1);
  });

  test('takes a conninfo or a database name after -d', async () => {
    const line = '--dbname=postgresql://repmgr@127.0.0.1:55201/repmgr -p 1 cluster show --csv';
    expect(await run(line, { nodeId: 0 })).toMatchObject({ status: 0, stdout: '1,0,0\n' });
    const wrong = await run('-d hostt=1 cluster show', { nodeId: 0 });
    expect(wrong).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('invalid connection option "hostt"'),
    });
  });

  test('--dump-config shows the settings', async () => {
    const { status, stdout } = await run('--dump-config');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^node_id\|1\nnode_name\|node1\nconninfo\|host=127\.0\.0\.1/);
  });

  test('--log-to-file takes also the error that ended the command', async () => {
    const world = cluster();
    world.server(1).state = 'down';
    const daemonLog: string[] = [];
    const result = await runRepmgr(world, '--log-to-file standby promote', { nodeId: 1, daemonLog });
    expect(result).toEqual({ status: 6, stdout: '', stderr: '' });
    expect(daemonLog.join('')).toMatch(/^\[[^\]]+\] \[ERROR\] the database of this node, "node1" \(ID: 1\)/);
  });

  test('ends with 130 when it was interrupted', async () => {
    const world = cluster();
    const controller = new AbortController();
    world.server(1).state = 'down';
    world.clock.onSleep = () => controller.abort();
    const result = await runRepmgr(world, 'standby register', { nodeId: 1, signal: controller.signal });
    expect(result).toMatchObject({ status: 130, stderr: 'ERROR: interrupted\n' });
  });

  test('tells what could not be ended, even if it was interrupted', async () => {
    const world = cluster();
    const controller = new AbortController();
    world.adapters = () => {
      controller.abort();
      throw new OperationFailed('pg_rewind failed', { hint: 'do not start the server' });
    };
    const { status, stderr } = await runRepmgr(world, 'cluster show', {
      nodeId: 1,
      signal: controller.signal,
    });
    expect(status).toBe(130);
    expect(stderr).toBe('ERROR: pg_rewind failed\nHINT: do not start the server\nERROR: interrupted\n');
  });

  test('shows the trace of an error that is a bug', async () => {
    const world = cluster();
    world.adapters = () => {
      throw new TypeError('x is not a function');
    };
    const { status, stderr } = await runRepmgr(world, 'cluster show', { nodeId: 1 });
    expect(status).toBe(15);
    expect(stderr).toContain('this should not have happened: x is not a function');
    expect(stderr).toContain('    at ');
  });
});
