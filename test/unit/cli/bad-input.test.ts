import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandName } from '../../../src/cli/argv/command-table/every-command.ts';
import { loaders } from '../../../src/cli/argv/loaders.ts';
import { FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import { type RunOptions, type RunResult, runRepmgr } from '../../fakes/run-repmgr.ts';

const commands = Object.keys(loaders) as CommandName[];
const source = '-h 127.0.0.1 -p 55201 -U repmgr -d repmgr';
/** Without these a command complains of their absence first. */
const needed: Partial<Record<CommandName, string>> = {
  'standby clone': source,
  'node rejoin': source,
  'standby register': '--wait-start=0',
};

/** Exit status when the database that is asked first can't be reached or lets nobody in. */
const statusWithoutDatabase: readonly (readonly [CommandName, number])[] = [
  ['primary register', 6],
  ['primary unregister', 6],
  ['standby clone', 6],
  ['standby register', 1],
  ['standby unregister', 6],
  ['standby promote', 6],
  ['standby follow', 6],
  ['node status', 6],
  ['cluster show', 6],
  ['cluster event', 6],
  ['service status', 6],
  ['service pause', 6],
  ['service unpause', 6],
  ['daemon start', 6],
  ['daemon stop', 27],
];

const settings = { repmgrd_service_start_command: 'true', repmgrd_service_stop_command: 'true' };
const cluster = () => new FakeCluster([nodeRecord(1), nodeRecord(2)]);
const run = (world: FakeCluster, name: CommandName, more = '', options: Partial<RunOptions> = {}) =>
  runRepmgr(world, `${name} ${needed[name] ?? ''} ${more}`, { nodeId: 2, settings, ...options });

/** An error for people: what and what to do, nothing of the program's inner life, nothing left open. */
function expectClearError({ stdout, stderr }: RunResult, world: FakeCluster): void {
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^ERROR: \S/m);
  expect(stderr).not.toContain('this should not have happened');
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(world.connections.filter((connection) => connection.isOpen())).toEqual([]);
}

describe.each(commands)('%s', (name) => {
  test('refuses an option that does not exist, before it does anything', async () => {
    const world = cluster();
    const { status, stdout, stderr } = await run(world, name, '--nonsense');
    expect({ status, stderr }).toEqual({ status: 1, stderr: "repmgr: unrecognized option '--nonsense'\n" });
    expect(stdout).toContain('--help');
    expect(world.connections).toEqual([]);
  });

  test.each([
    ['--limit=none', '--limit needs a whole number, not "none"'],
    ['--node-id=0', '--node-id must be 1 or more, not 0'],
    ['-L loud', '--log-level must be one of'],
    ['--wait --no-wait', '--wait and --no-wait exclude each other'],
    ['superfluous words', 'one argument too many'],
  ])('refuses %s', async (option, problem) => {
    const world = cluster();
    const result = await run(world, name, option);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(problem);
    expectClearError(result, world);
    expect(world.connections).toEqual([]);
  });

  test('shows its help', async () => {
    const { status, stdout, stderr } = await run(cluster(), name, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(name);
    expect(stdout).toMatch(/^OPTIONS:$|^EXIT STATUS:$/m);
  });
});

describe('a configuration file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bad input-'));
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'binary'), Buffer.from([0x6e, 0xff, 0xfe, 0x00, 0x3d, 0x31, 0x0a]));
    writeFileSync(join(folder, 'wrong'), "node_id=0\nnode_name='x\n");
    writeFileSync(
      join(folder, 'conninfo'),
      "node_id=1\nnode_name=x\ndata_directory='/x'\nconninfo='hots=x'\n",
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const cases = ['missing', 'folder', 'binary', 'wrong', 'conninfo'];
  test.each(commands.flatMap((name) => cases.map((file) => [name, file] as const)))(
    '%s: %s',
    async (name, file) => {
      const world = cluster();
      const configFile = join(folder, file);
      const result = await run(world, name, '', { configFile });
      expect(result.status).toBe(1);
      expect(result.stderr).toContain(configFile);
      expect(result.stderr).toMatch(/^HINT: /m);
      expectClearError(result, world);
      expect(world.connections).toEqual([]);
    },
  );
});

describe.each(['down', 'rejecting'] as const)('a database that is %s', (state) => {
  test.each(statusWithoutDatabase)('%s ends with %i', async (name, expected) => {
    const world = cluster();
    for (const server of world.servers.values()) server.state = state;
    const result = await run(world, name);
    expect(result.status).toBe(expected);
    expect(result.stderr).toMatch(/55201|node "?node2"?|"node2"|sorry/);
    expectClearError(result, world);
    expect(world.runner.commands).toEqual([]);
  });
});
