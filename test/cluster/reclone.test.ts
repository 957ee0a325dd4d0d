import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import type { ProgramResult } from '../../lab/lab-host.ts';
import { TestCluster } from '../../lab/test-cluster.ts';

let cluster: TestCluster;
let former: ClusterNode;
let primary: ClusterNode;
let program: string;

beforeEach(async () => {
  cluster = await TestCluster.prepare({ nodes: 2, settings: { node_rejoin_timeout: '5' } });
  program = join(cluster.folder.path, 'reclone.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'programs', 'reclone.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['pg-native'],
    logLevel: 'silent',
  });
  former = await cluster.createPrimary();
  primary = cluster.node(2);
  await cluster.createStandby(primary);
  await former.postgres.query('CREATE TABLE kept AS SELECT 1 AS id');
});

afterEach(() => cluster.destroy());

/** node1 commits what node2 never sees, and dies. */
async function diverge(): Promise<void> {
  await primary.postgres.stop();
  await former.postgres.query('INSERT INTO kept VALUES (2)');
  await former.postgres.kill();
  await primary.postgres.start();
  await primary.mustRepmgr(['standby', 'promote']);
}

function reclone(): Promise<ProgramResult> {
  const script = readFileSync(join(cluster.folder.path, 'bin', 'repmgr'), 'utf8');
  const node = /exec '([^']+)'/.exec(script)?.[1] ?? process.execPath;
  return former.machine.run(node, [program, former.configFile, primary.conninfo, '2']);
}

const besides = (): string[] => readdirSync(former.machine.folder).filter((name) => /^data(\.|$)/.test(name));
const inData = (name: string): string => join(former.machine.folder, 'data', name);

describe('recloneNode', () => {
  it('replaces a diverged node by a copy that streams, and then removes the old data', async () => {
    writeFileSync(inData('old-only'), '');
    await diverge();
    const result = await reclone();
    expect(result, result.stderr).toMatchObject({ status: 0 });
    await cluster.waitForStandbyStreaming(former, { primary });
    expect(await former.postgres.query('SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 1 }]);
    expect(existsSync(inData('old-only'))).toBe(false);
    expect(besides()).toEqual(['data', 'data.repmgr']);
    const event = (await cluster.events()).findLast(({ event: name }) => name === 'repmgrd_reclone');
    expect(event).toMatchObject({ nodeId: 1, successful: true });
  });

  it('keeps the configuration files of the node', async () => {
    const own = `${readFileSync(inData('postgresql.conf'), 'utf8')}\nwork_mem = '7MB'\n`;
    writeFileSync(inData('postgresql.conf'), own);
    await diverge();
    expect((await reclone()).status).toBe(0);
    expect(await former.postgres.query('SHOW work_mem')).toEqual([{ work_mem: '7MB' }]);
  });

  it('puts the old directory back when the copy does not stream', async () => {
    await diverge();
    writeFileSync(inData('old-only'), '');
    const settings = readFileSync(former.configFile, 'utf8');
    // The server starts, but WAL never comes: the service command removes the connection settings first.
    const data = join(former.machine.folder, 'data');
    const start = `sed -i /^primary_conninfo/d ${data}/postgresql.auto.conf; ${former.postgres.bindir}/pg_ctl -D ${data} -w -l ${data}/../again.log start`;
    writeFileSync(former.configFile, `${settings}service_start_command='${start}'\nnode_rejoin_timeout=2\n`);
    const result = await reclone();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('the new copy is not attached');
    expect(existsSync(inData('old-only'))).toBe(true);
    expect(existsSync(inData('standby.signal'))).toBe(false);
    expect(besides()).toEqual(['data', 'data.repmgr']);
    expect(former.postgres.isRunning()).toBe(false);
    expect(await primary.postgres.query('SELECT slot_name FROM pg_replication_slots WHERE active')).toEqual(
      [],
    );
    const event = (await cluster.events()).findLast(({ event: name }) => name === 'repmgrd_reclone');
    expect(event).toMatchObject({ nodeId: 1, successful: false });
  });

  it('leaves everything as it is when the copy fails', async () => {
    await diverge();
    writeFileSync(inData('old-only'), '');
    const settings = readFileSync(former.configFile, 'utf8');
    writeFileSync(former.configFile, `${settings}pg_basebackup_options='--no-such-option'\n`);
    const result = await reclone();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('pg_basebackup failed');
    expect(existsSync(inData('old-only'))).toBe(true);
    expect(besides()).toEqual(['data', 'data.repmgr']);
  });
});
