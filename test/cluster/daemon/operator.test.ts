import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import { TestCluster } from '../../../lab/test-cluster.ts';
import { waitFor } from '../../../lab/wait-for.ts';

/** One cluster, and an operator who does to it what operators do. Each step leaves it healthy. */
describe('what an operator does to a cluster', () => {
  let cluster: TestCluster;
  let leaseMs: number;

  const notifications = () => readFileSync(join(cluster.folder.path, 'notifications'), 'utf8');
  const primary = () => cluster.waitForPrimary();
  const standbys = async () => {
    const leading = await primary();
    return cluster.nodes.filter((node) => node !== leading);
  };
  const logged = (node: ClusterNode, text: string) =>
    waitFor(() => node.daemonLogTail(200).includes(text), {
      what: `"${text}" in the log of ${node.name}`,
      timeoutMs: 10_000,
      describe: () => node.daemonLogTail(),
    });
  const csv = async (node: ClusterNode) =>
    (await node.mustRepmgr(['service', 'status', '--csv']))
      .trim()
      .split('\n')
      .map((line) => line.split(','));

  beforeAll(async () => {
    const command = 'echo "%n|%e|%s|%d|%p|%c|%a|%%" >> "$TMPDIR/../notifications"';
    cluster = await TestCluster.prepare({
      settings: { event_notification_command: command, monitoring_history: 'yes' },
    });
    writeFileSync(join(cluster.folder.path, 'notifications'), '', { mode: 0o666 });
    for (const node of cluster.nodes) node.machine.giveToUser(join(cluster.folder.path, 'notifications'));
    await cluster.createPrimary();
    for (const node of cluster.nodes.slice(1)) await cluster.createStandby(node);
    cluster.startDaemons();
    await cluster.waitUntilHealthy();
    leaseMs = await cluster.leaseMs();
  });

  afterAll(async () => {
    await cluster.destroy();
  });

  it('starts the daemons: nobody follows anew', async () => {
    for (const node of cluster.nodes) await cluster.waitForEvent(['repmgrd_start'], { nodeId: node.id });
    const names = (await cluster.events()).map(({ event }) => event);
    expect(names.filter((name) => name.startsWith('repmgrd'))).toEqual(Array(3).fill('repmgrd_start'));
    const register = `2|standby_register|1|standby registration succeeded; upstream node ID is 1|1|${cluster.node(1).conninfo}|node1|%`;
    expect(notifications()).toContain(register);
  });

  it('asks how the daemons are', async () => {
    const rows = await csv(cluster.node(2));
    const pids = cluster.nodes.map((node) => String(node.daemonPid));
    expect(rows.map((row) => row.slice(0, 7))).toEqual([
      ['1', 'node1', 'primary', '1', '1', pids[0], '0'],
      ['2', 'node2', 'standby', '1', '1', pids[1], '0'],
      ['3', 'node3', 'standby', '1', '1', pids[2], '0'],
    ]);
  });

  it('looks at the monitoring history', async () => {
    const sql = 'SELECT DISTINCT standby_node_id AS id FROM repmgr.monitoring_history ORDER BY 1';
    const node = await primary();
    await waitFor(async () => (await node.postgres.query(sql, [], { database: 'repmgr' })).length === 2, {
      what: 'samples of both standbys',
      timeoutMs: 10_000,
    });
  });

  it('rotates the log and changes settings; what cannot work is refused', async () => {
    const node = cluster.node(3);
    const good = readFileSync(node.configFile, 'utf8');
    const reload = (text: string) => {
      writeFileSync(node.configFile, text);
      node.signalDaemon('SIGHUP');
    };
    renameSync(node.daemonLog, `${node.daemonLog}.1`);
    reload(`${good}log_status_interval=7\n`);
    await logged(node, '"log_status_interval" is now "7" (was "300")');
    reload(good.replace(/^node_id=.*$/m, "node_id='7'"));
    await logged(node, '"node_id" cannot change in a running repmgrd');
    reload(`${good}lease=banana\n`);
    await logged(node, '"lease" must be an integer');
    reload(good.replace(`port=${node.port} `, 'port=1 '));
    await logged(node, 'was not reloaded: connection to server');
    reload(good.replace(/^api_port=.*$/m, "api_port='1234'"));
    await logged(node, '"api_port" has changed; it counts after a restart of repmgrd');
    reload(good);
    await logged(node, '"log_status_interval" is now "300" (was "7")');
    await cluster.waitUntilHealthy();
  });

  it('stops the PostgreSQL of a standby: it stays stopped and is shown so, until it is started again', async () => {
    const [node] = await standbys();
    if (node === undefined) throw new Error('no standby');
    const sinceMs = Date.now();
    await node.postgres.stop();
    await cluster.waitForEvent(['standby_failure'], { sinceMs, nodeId: node.id });
    expect(await cluster.clusterShow()).toMatch(new RegExp(`${node.name} .*failed`));
    await sleep(leaseMs);
    expect(node.postgres.isRunning()).toBe(false);
    await node.postgres.start();
    await cluster.waitForEvent(['standby_recovery'], { sinceMs, nodeId: node.id });
    await cluster.waitUntilHealthy();
    const events = (await cluster.events()).filter(({ at }) => at.getTime() >= sinceMs);
    expect(events.map(({ event }) => event)).toEqual(['standby_failure', 'standby_recovery']);
  });

  it('restarts all daemons at once: the primary stays', async () => {
    const before = await primary();
    const postmaster = before.postgres.postmasterPid();
    for (const node of cluster.nodes) node.signalDaemon('SIGTERM');
    await waitFor(() => cluster.nodes.every((node) => !node.isDaemonRunning()), {
      what: 'all daemons to end',
      timeoutMs: 10_000,
    });
    // The primary's comes first, and the others just in time: they were promised a whole lease of rest once.
    before.startDaemon();
    await sleep(500);
    cluster.startDaemons();
    expect(await cluster.waitUntilHealthy()).toBe(before);
    expect(before.postgres.postmasterPid()).toBe(postmaster);
  });

  it('pauses: a crash changes nothing until failover is unpaused', async () => {
    const node = await primary();
    const [other] = await standbys();
    if (other === undefined) throw new Error('no standby');
    await other.mustRepmgr(['service', 'pause']);
    expect((await csv(other)).map((row) => row[6])).toEqual(['1', '1', '1']);
    node.postgres.killPostmaster();
    await sleep(leaseMs + 1_000);
    const states = await cluster.status();
    expect(states.map(({ postgres }) => postgres).toSorted()).toEqual(['down', 'standby', 'standby']);
    await other.mustRepmgr(['service', 'unpause']);
    await cluster.waitUntilHealthy();
    expect((await csv(other)).map((row) => row[6])).toEqual(['0', '0', '0']);
  });

  it('cannot pause without a majority, and then nothing is paused', async () => {
    const node = await primary();
    const others = await standbys();
    for (const other of others) other.signalDaemon('SIGSTOP');
    const result = await node.repmgr(['service', 'pause']);
    for (const other of others) other.signalDaemon('SIGCONT');
    expect(result.status).toBe(26);
    await cluster.waitUntilHealthy();
    expect((await csv(await primary())).map((row) => row[6])).toEqual(['0', '0', '0']);
  });

  it('unregisters a node and registers it again: its vote goes and comes', async () => {
    const node = await primary();
    const gone = (await standbys())[1];
    if (gone === undefined) throw new Error('no second standby');
    await gone.stopDaemon();
    await gone.postgres.stop();
    await node.mustRepmgr(['standby', 'unregister', `--node-id=${gone.id}`]);
    await waitFor(() => votersOf(node).length === 2, { what: 'two voters', timeoutMs: 10_000 });
    await gone.postgres.start();
    await gone.mustRepmgr(['standby', 'register']);
    gone.startDaemon();
    await waitFor(() => votersOf(node).length === 3, { what: 'three voters', timeoutMs: 10_000 });
    await cluster.waitUntilHealthy();
  });

  it('loses a state directory: told what to do, and that works', async () => {
    const [node] = await standbys();
    if (node === undefined) throw new Error('no standby');
    await node.stopDaemon();
    rmSync(`${node.postgres.dataDirectory}.repmgr`, { recursive: true });
    node.startDaemon();
    await logged(node, 'its state directory is not the one that it was registered with');
    await node.mustRepmgr(['standby', 'register', '--force']);
    const incarnation = readFileSync(`${node.postgres.dataDirectory}.repmgr/incarnation`, 'utf8').trim();
    const leading = await primary();
    await waitFor(() => votersOf(leading).some((voter) => voter.incarnation === incarnation), {
      what: 'the new voter',
      timeoutMs: 10_000,
    });
    await cluster.waitUntilHealthy();
  });

  it('keeps two standbys from being promoted: by a delay of replay, by failover_validation_command', async () => {
    const lost = await primary();
    const [refused, other] = await standbys();
    if (refused === undefined || other === undefined) throw new Error('two standbys are needed');
    await other.postgres.query(`ALTER SYSTEM SET recovery_min_apply_delay = '1h'`);
    await other.postgres.query('SELECT pg_reload_conf()');
    await waitFor(
      async () => {
        const { stdout } = await lost.repmgr(['cluster', 'whatif', '--down', lost.name]);
        return stdout.includes('recovery_min_apply_delay is 1h');
      },
      { what: 'the delay to be known', timeoutMs: 10_000, describe: () => cluster.describe() },
    );
    await other.postgres.query('ALTER SYSTEM RESET recovery_min_apply_delay');
    await other.postgres.query('SELECT pg_reload_conf()');
    for (const node of [refused, other]) {
      const command = `test %n != ${refused.id} || { echo "%a sees %v of %u, %t in all"; exit 1; }`;
      appendFileSync(node.configFile, `failover_validation_command='${command}'\n`);
      node.signalDaemon('SIGHUP');
      await logged(node, '"failover_validation_command" is now');
    }
    await cluster.waitUntilHealthy();
    await lost.killHost();
    expect(await cluster.waitForPrimary({ except: lost })).toBe(other);
    await logged(refused, `${refused.name} sees 2 of 2, 3 in all`);
    await logged(refused, 'no election: failover_validation_command refused: it ended with 1');
    await logged(other, 'failover_validation_command lets this node stand');
    lost.startDaemon();
    await cluster.waitUntilHealthy();
  });

  it('starts the old primary by hand: fenced, rewound, and what is lost is kept', async () => {
    const old = await primary();
    await old.killHost();
    const winner = await cluster.waitForPrimary({ except: old });
    rmSync(join(old.postgres.dataDirectory, 'standby.signal'), { force: true });
    await old.postgres.start();
    await old.postgres.query('CREATE TABLE only_here AS SELECT generate_series(1, 100) AS i');
    const sinceMs = Date.now();
    old.startDaemon();
    await waitFor(
      async () => (await cluster.status()).filter(({ postgres }) => postgres === 'primary').length === 1,
      {
        what: 'the old primary to be fenced',
        timeoutMs: leaseMs,
      },
    );
    await cluster.waitForStandbyStreaming(old, { primary: winner });
    const { details } = await cluster.waitForEvent(['node_rejoin'], { sinceMs, nodeId: old.id });
    const [, bytes, directory] =
      /rewound (\d+) bytes of WAL with \d+ committed transaction\(s\), kept in "(.+)"/.exec(details) ?? [];
    expect(Number(bytes)).toBeGreaterThan(0);
    expect(readFileSync(join(directory ?? '', 'summary.txt'), 'utf8')).toContain('Committed transactions: ');
    await cluster.waitUntilHealthy();
  });
});

/** The voters of the configuration that this node has stored. */
function votersOf(node: ClusterNode): readonly { incarnation: string }[] {
  const state = JSON.parse(
    readFileSync(`${node.postgres.dataDirectory}.repmgr/voter-state.json`, 'utf8'),
  ) as {
    configuration: { voters: { incarnation: string }[] };
  };
  return state.configuration.voters;
}
