import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import type { ProgramResult } from '../../lab/lab-host.ts';
import { TestCluster } from '../../lab/test-cluster.ts';

let cluster: TestCluster;
let former: ClusterNode;
let primary: ClusterNode;

/** node1 was the primary and is down; node2 has been promoted; both had the same WAL until then. */
beforeEach(async () => {
  cluster = await TestCluster.prepare({ nodes: 2, settings: { node_rejoin_timeout: '10' } });
  former = await cluster.createPrimary();
  primary = cluster.node(2);
  await cluster.createStandby(primary);
  await former.postgres.query('CREATE TABLE kept AS SELECT 1 AS id');
});

afterEach(() => cluster.destroy());

function rejoin(...options: string[]): Promise<ProgramResult> {
  const source = ['-h', primary.machine.address, '-p', String(primary.port), '-U', 'repmgr', '-d', 'repmgr'];
  const archive = `--config-archive-dir=${former.machine.folder}`;
  return former.repmgr([...source, 'node', 'rejoin', archive, ...options]);
}

/** node1 commits what node2 never sees, and dies. */
async function diverge(rows = 5): Promise<void> {
  await primary.postgres.stop();
  for (let id = 0; id < rows; id += 1) await former.postgres.query('INSERT INTO kept VALUES ($1)', [id]);
  await former.postgres.kill();
  await primary.postgres.start();
  await primary.mustRepmgr(['standby', 'promote']);
}

async function failOverCleanly(): Promise<void> {
  await former.postgres.stop();
  await primary.mustRepmgr(['standby', 'promote']);
}

const inData = (name: string): string => join(former.machine.folder, 'data', name);
const inState = (name: string): string => join(former.machine.folder, 'data.repmgr', name);

async function expectFollowing(): Promise<void> {
  await cluster.waitForStandbyStreaming(former, { primary });
  const [record] = await primary.postgres.query(
    'SELECT type, active, upstream_node_id FROM repmgr.nodes WHERE node_id = 1',
    [],
    { database: 'repmgr' },
  );
  expect(record).toEqual({ type: 'standby', active: true, upstream_node_id: 2 });
}

describe('node rejoin of a former primary that has nothing of its own', () => {
  it('streams, without pg_rewind', async () => {
    await failOverCleanly();
    await primary.postgres.query('CREATE TABLE since AS SELECT 1 AS id');
    const result = await rejoin();
    expect(result.status).toBe(0);
    await expectFollowing();
    const event = (await cluster.events()).at(-1);
    expect(event).toMatchObject({ nodeId: 1, event: 'node_rejoin', successful: true });
    expect(await primary.postgres.query('SELECT slot_name, active FROM pg_replication_slots')).toEqual([
      { slot_name: 'repmgr_slot_1', active: true },
    ]);
  });

  it('does not keep the slot of the node that is the primary now', async () => {
    await failOverCleanly();
    expect((await rejoin('--force-rewind')).status).toBe(0);
    await expectFollowing();
    expect(await former.postgres.query('SELECT slot_name FROM pg_replication_slots')).toEqual([]);
  });

  it('recovers from a crash by itself when --force-rewind allows it', async () => {
    await former.postgres.query('CHECKPOINT');
    await cluster.waitForStandbyStreaming(primary, { primary: former });
    await former.postgres.kill();
    await primary.mustRepmgr(['standby', 'promote']);
    const refused = await rejoin();
    expect(refused.status).toBe(24);
    expect(refused.stderr).toContain('was not shut down cleanly');
    expect((await rejoin('--force-rewind')).status).toBe(0);
    await expectFollowing();
  });

  it('does not wait with --no-wait, and then records no event', async () => {
    await failOverCleanly();
    expect((await rejoin('--no-wait')).status).toBe(0);
    await expectFollowing();
    const events = await cluster.events();
    expect(events.filter(({ event }) => event === 'node_rejoin')).toEqual([]);
  });
});

describe('node rejoin of a node that has diverged', () => {
  it('is refused without --force-rewind, and changes nothing', async () => {
    await diverge();
    const before = readdirSync(inData('.'));
    const result = await rejoin();
    expect(result.status).toBe(24);
    expect(result.stderr).toContain('bytes of WAL past the point where timeline 1 ended');
    expect(result.stderr).toContain('HINT: run "repmgr node rejoin" with --force-rewind');
    expect(readdirSync(inData('.'))).toEqual(before);
    expect(existsSync(inState('diverged'))).toBe(false);
  });

  it('is shown with --dry-run, which changes nothing either', async () => {
    await diverge();
    const before = readdirSync(former.machine.folder);
    const result = await rejoin('--force-rewind', '--dry-run');
    expect(result.status).toBe(0);
    expect(result.stderr).toContain('method: rewind');
    expect(result.stderr).toMatch(/would run: .*pg_rewind -D /);
    expect(readdirSync(former.machine.folder)).toEqual(before);
  });

  it('rewinds, and keeps what it throws away with a summary', async () => {
    await diverge(7);
    const result = await rejoin('--force-rewind');
    expect(result.status).toBe(0);
    await expectFollowing();
    expect(await former.postgres.query('SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 1 }]);
    const [name = ''] = readdirSync(inState('diverged'));
    const files = readdirSync(inState(`diverged/${name}`));
    expect(files).toContain('summary.txt');
    expect(files.some((file) => /^0000000100000000[0-9A-F]{8}$/.test(file))).toBe(true);
    expect(statSync(inState(`diverged/${name}`)).mode & 0o777).toBe(0o700);
    const summary = readFileSync(inState(`diverged/${name}/summary.txt`), 'utf8');
    expect(summary).toContain('Committed transactions: 7\n');
    expect(existsSync(inState('rewind-in-progress.json'))).toBe(false);
    const event = (await cluster.events()).findLast(({ event: kind }) => kind === 'node_rejoin');
    expect(event).toMatchObject({ nodeId: 1, successful: true });
    expect(event?.details).toMatch(/rewound \d+ bytes of WAL with 7 committed transaction/);
  });

  it('keeps its own configuration files, and those that are named', async () => {
    appendFileSync(inData('postgresql.conf'), "\nwork_mem = '7MB'\n");
    writeFileSync(inData('own.conf'), '# mine');
    former.machine.giveToUser(inData('own.conf'));
    await diverge();
    const result = await rejoin('--force-rewind', '--config-files=own.conf,missing.conf');
    expect(result.status).toBe(0);
    expect(result.stderr).toContain('"missing.conf" is not in');
    expect(readFileSync(inData('own.conf'), 'utf8')).toBe('# mine');
    expect(statSync(inData('own.conf')).mode & 0o777).toBe(0o600);
    expect(await former.postgres.query('SHOW work_mem')).toEqual([{ work_mem: '7MB' }]);
    expect(existsSync(join(former.machine.folder, 'repmgr-config-archive-node1'))).toBe(false);
  });

  it('is not tried without WAL of hint bits, and says so', async () => {
    await cluster.destroy();
    cluster = await TestCluster.prepare({ nodes: 2 });
    former = cluster.node(1);
    primary = cluster.node(2);
    await former.createDatabase({});
    await former.postgres.program('pg_checksums', ['--disable', '-D', inData('.')]);
    await former.postgres.start();
    await former.postgres.query('CREATE ROLE repmgr SUPERUSER LOGIN');
    await former.postgres.query('CREATE DATABASE repmgr OWNER repmgr');
    await former.mustRepmgr(['primary', 'register']);
    await cluster.createStandby(primary);
    await former.postgres.query('CREATE TABLE kept AS SELECT 1 AS id');
    await diverge();
    const result = await rejoin('--force-rewind');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('neither data checksums nor wal_log_hints');
  });

  it('works for a node promoted on its own, while the cluster stayed on the old timeline', async () => {
    await primary.postgres.stop();
    rmSync(join(primary.machine.folder, 'data', 'standby.signal'));
    const standalone = primary;
    primary = former;
    former = standalone;
    writeFileSync(inData('standby.signal'), '');
    former.machine.giveToUser(inData('standby.signal'));
    await former.postgres.start();
    await former.postgres.promote();
    await former.postgres.query('CREATE TABLE alone AS SELECT 1 AS id').catch(() => undefined);
    await former.postgres.stop();
    const refused = await rejoin();
    expect(refused.status).toBe(24);
    expect((await rejoin('--force-rewind')).status).toBe(0);
    await cluster.waitForStandbyStreaming(former, { primary });
  });
});

describe('node rejoin after a failed pg_rewind', () => {
  it('that changed nothing leaves no trace', async () => {
    await diverge();
    const program = join(former.machine.folder, 'broken-rewind');
    writeFileSync(program, '#!/bin/sh\necho "pg_rewind: error: could not fetch" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const result = await rejoin(`--force-rewind=${program}`);
    expect(result.status).toBe(24);
    expect(result.stderr).toContain('could not fetch');
    expect(result.stderr).toContain('nothing was changed');
    expect(existsSync(inState('rewind-in-progress.json'))).toBe(false);
    const event = (await cluster.events()).findLast(({ event: kind }) => kind === 'node_rejoin');
    expect(event).toMatchObject({ successful: false });
    expect((await rejoin('--force-rewind')).status).toBe(0);
    await expectFollowing();
  });

  it('that may have changed files never starts that directory again', async () => {
    await diverge();
    const program = join(former.machine.folder, 'dying-rewind');
    const lines = [
      'pg_rewind: need to copy 58 MB (total source directory size is 70 MB)',
      '    0/59 kB (0%) copied',
    ];
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' '${lines.join("' '")}' >&2\nexit 1\n`, { mode: 0o755 });
    const result = await rejoin(`--force-rewind=${program}`);
    expect(result.status).toBe(24);
    expect(result.stderr).toContain('is inconsistent now: do not start it');
    expect(existsSync(inState('rewind-in-progress.json'))).toBe(true);
    const again = await rejoin('--force-rewind');
    expect(again.status).toBe(24);
    expect(again.stderr).toContain('stopped half-way');
    expect(again.stderr).toContain('standby clone --force');
  });
});

describe('node rejoin refuses', () => {
  it('a node that runs', async () => {
    const result = await rejoin();
    expect(result.status).toBe(24);
    expect(result.stderr).toContain('is running in');
  });

  it('without connection parameters, and with those of a node that is down', async () => {
    await former.postgres.stop();
    expect((await former.repmgr(['node', 'rejoin'])).status).toBe(1);
    const down = await former.repmgr([
      '-h',
      former.machine.address,
      '-p',
      String(former.port),
      'node',
      'rejoin',
    ]);
    expect(down.status).toBe(6);
  });

  it('a recorded primary that is down, or is none', async () => {
    await former.postgres.stop();
    const stopped = await rejoin();
    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toContain("can't be reached");
  });

  it('a directory that is no data directory', async () => {
    await failOverCleanly();
    const configuration = readFileSync(former.configFile, 'utf8');
    const empty = join(former.machine.folder, 'empty');
    mkdirSync(empty);
    former.machine.giveToUser(empty);
    writeFileSync(former.configFile, configuration.replace(/data_directory=.*/, `data_directory='${empty}'`));
    const result = await rejoin();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('is not the data directory');
  });

  it('a control file that can not be read, as something else than "not stopped"', async () => {
    await failOverCleanly();
    spawnSync('truncate', ['-s', '100', inData('global/pg_control')]);
    const result = await rejoin();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('control file');
  });

  it('a primary without a free slot', async () => {
    await failOverCleanly();
    for (let count = 0; count < 10; count += 1) {
      await primary.postgres.query(`SELECT pg_create_physical_replication_slot('taken_${count}')`);
    }
    const result = await rejoin();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('no replication slot is free');
    expect(existsSync(inData('standby.signal'))).toBe(false);
  });
});
