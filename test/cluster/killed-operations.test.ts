import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import { TestCluster } from '../../lab/test-cluster.ts';
import { waitFor } from '../../lab/wait-for.ts';

const besides = (node: ClusterNode): string[] =>
  readdirSync(node.machine.folder).filter((name) => /^data(\.|$)/.test(name));
const journal = (node: ClusterNode): string[] => {
  const directory = join(node.machine.folder, 'data.repmgr', 'journal');
  return existsSync(directory) ? readdirSync(directory) : [];
};
const slots = (node: ClusterNode) =>
  node.postgres.query<{ slot_name: string; active: boolean }>(
    'SELECT slot_name, active FROM pg_replication_slots ORDER BY 1',
  );

/** Adds lines to repmgr.conf; of several for one parameter the last counts. */
function configure(node: ClusterNode, lines: Readonly<Record<string, string>>): void {
  const kept = readFileSync(node.configFile, 'utf8')
    .split('\n')
    .filter((line) => !Object.keys(lines).some((name) => line.startsWith(`${name}=`)));
  const added = Object.entries(lines).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(node.configFile, [...kept, ...added, ''].join('\n'));
}

/** Slow enough to be killed on the way. */
const slowly = { pg_basebackup_options: '--max-rate=4096' };
const quickly = { pg_basebackup_options: '' };

const hasCopied = (directory: string): boolean => existsSync(join(directory, 'base', '1'));

describe('standby clone, killed by SIGKILL', () => {
  let cluster: TestCluster;
  let standby: ClusterNode;

  beforeAll(async () => {
    cluster = await TestCluster.prepare({ nodes: 2 });
    await cluster.createPrimary();
    standby = cluster.node(2);
  });

  afterAll(() => cluster.destroy());

  const source = (): string[] => {
    const { machine, port } = cluster.node(1);
    return ['-h', machine.address, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr', '--fast-checkpoint'];
  };

  it('while pg_basebackup copies, starts anew when it is run again, and leaves no slot but its own', async () => {
    configure(standby, slowly);
    const program = join(cluster.folder.path, 'bin', 'repmgr');
    const args = ['-f', standby.configFile, ...source(), 'standby', 'clone'];
    const logFile = join(standby.machine.folder, 'clone.log');
    const killed = standby.machine.start(program, args, { logFile });
    const data = join(standby.machine.folder, 'data');
    await waitFor(() => hasCopied(data), { what: 'the copy to begin', timeoutMs: 30_000, intervalMs: 10 });
    killed.kill('SIGKILL');
    await waitFor(() => killed.signalCode !== null, { what: 'repmgr to be dead', timeoutMs: 5_000 });
    expect(journal(standby)).toHaveLength(1);
    configure(standby, quickly);
    const again = await standby.repmgr([...source(), 'standby', 'clone']);
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toContain('was interrupted (copying)');
    expect(journal(standby)).toEqual([]);
    standby.adoptDatabase();
    await standby.postgres.start();
    await standby.mustRepmgr(['standby', 'register']);
    await cluster.waitForStandbyStreaming(standby, { primary: cluster.node(1) });
    expect(await slots(cluster.node(1))).toEqual([{ slot_name: 'repmgr_slot_2', active: true }]);
  });
});

describe('the rejoin of repmgrd, killed by SIGKILL', () => {
  let cluster: TestCluster;
  let former: ClusterNode;
  let primary: ClusterNode;

  beforeAll(async () => {
    cluster = await TestCluster.start();
    former = cluster.node(1);
    await former.killHost();
    primary = await cluster.waitForPrimary({ except: former });
  });

  afterAll(() => cluster.destroy());

  const aside = (): string | undefined => besides(former).find((name) => name.includes('.old-'));
  const copy = (): string | undefined => besides(former).find((name) => name.includes('.reclone-'));
  const marker = (): string => join(former.machine.folder, 'data.repmgr', 'rewind-in-progress.json');

  it('while it copies, and again right after the exchange, ends with one data directory that streams', async () => {
    // A directory that only a new copy can replace.
    for (const path of [marker(), join(former.postgres.dataDirectory, 'old-only')]) {
      writeFileSync(path, '{}');
      former.machine.giveToUser(path);
    }
    configure(former, slowly);
    former.startDaemon();
    await waitFor(
      () => {
        const name = copy();
        return name !== undefined && hasCopied(join(former.machine.folder, name));
      },
      { what: 'the copy to begin', timeoutMs: 30_000, intervalMs: 10, describe: () => cluster.describe() },
    );
    await former.killDaemon();
    expect(existsSync(join(former.postgres.dataDirectory, 'old-only'))).toBe(true);
    const guarded = await former.repmgr(['node', 'guard']);
    expect(guarded.status, guarded.stderr).toBe(24);

    const { bindir, dataDirectory } = former.postgres;
    const start = `sleep 2; ${bindir}/pg_ctl -D ${dataDirectory} -w -l ${dataDirectory}/../again.log start`;
    configure(former, { ...quickly, service_start_command: start });
    former.startDaemon();
    await waitFor(() => aside() !== undefined && existsSync(dataDirectory), {
      what: 'the directories to be exchanged',
      timeoutMs: 60_000,
      intervalMs: 5,
      describe: () => cluster.describe(),
    });
    await former.killDaemon();
    expect(existsSync(join(former.machine.folder, aside() ?? '', 'old-only'))).toBe(true);

    former.startDaemon();
    await cluster.waitForStandbyStreaming(former, { primary });
    await waitFor(() => journal(former).length === 0, {
      what: 'the old directory to be removed',
      timeoutMs: 30_000,
      describe: () => cluster.describe(),
    });
    expect(besides(former)).toEqual(['data', 'data.repmgr']);
    expect(existsSync(marker())).toBe(false);
    const left = await slots(primary);
    expect(left.filter(({ active }) => !active)).toEqual([]);
  });
});
