import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import { TestCluster } from '../../../lab/test-cluster.ts';
import { waitFor } from '../../../lab/wait-for.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start();
});

afterAll(() => cluster.destroy());

const signalFile = (node: ClusterNode): string => join(node.postgres.dataDirectory, 'standby.signal');

async function primaryOtherThan(node: ClusterNode): Promise<ClusterNode> {
  return cluster.waitForPrimary({ except: node });
}

/** What systemd does: the guard, then PostgreSQL if the guard has nothing against it. */
async function startAsSystemdDoes(node: ClusterNode): Promise<string> {
  const guarded = await node.repmgr(['node', 'guard']);
  expect(guarded.status, guarded.stderr).toBe(0);
  await node.postgres.start();
  return guarded.stderr;
}

describe('node shutdown of a primary', () => {
  const former = (): ClusterNode => cluster.node(1);

  it('says what it would do', async () => {
    const { status, stderr } = await former().repmgr(['node', 'shutdown', '--dry-run']);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('would stop PostgreSQL');
    expect(stderr).toMatch(/would wait until .*node2.*is writable/);
    expect(await former().postgres.isInRecovery()).toBe(false);
  });

  it('hands over, loses nothing, and PostgreSQL stays down', async () => {
    await former().postgres.query('CREATE TABLE kept AS SELECT 1 AS id');
    const result = await former().repmgr(['node', 'shutdown', '--json']);
    expect(result.status, result.stderr).toBe(0);
    const said = JSON.parse(result.stdout) as { newPrimaryNodeId: number; elapsedMs: number };
    const heir = await primaryOtherThan(former());
    expect(heir.id).toBe(said.newPrimaryNodeId);
    expect(said.elapsedMs).toBeLessThan(10_000);
    expect(result.stderr).toMatch(/is down after \d+ ms, and stays down/);
    expect(await heir.postgres.query('SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 1 }]);
    const third = cluster.nodes.find((node) => node !== heir && node !== former());
    if (third !== undefined) await cluster.waitForStandbyStreaming(third, { primary: heir });
    // Also a new daemon leaves it down.
    await former().stopDaemon();
    former().startDaemon();
    const untilMs = Date.now() + (await cluster.leaseMs()) + 1_500;
    await waitFor(() => Date.now() > untilMs, { what: 'more than a lease to pass', timeoutMs: 20_000 });
    expect(former().postgres.isRunning()).toBe(false);
    expect((await former().repmgr(['node', 'shutdown'])).stderr).toContain('does not run');
  });

  it('follows the new primary once it is started again', async () => {
    const heir = await primaryOtherThan(former());
    expect(existsSync(signalFile(former()))).toBe(true);
    await startAsSystemdDoes(former());
    await cluster.waitForStandbyStreaming(former(), { primary: heir });
  });

  it('is what happens as well when a host stops PostgreSQL and then repmgrd', async () => {
    const stopping = await cluster.waitUntilHealthy();
    await stopping.postgres.stop();
    await stopping.stopDaemon();
    const heir = await primaryOtherThan(stopping);
    expect(stopping.daemonLogTail(200)).toContain('handover: ');
    expect(existsSync(signalFile(stopping))).toBe(true);
    await startAsSystemdDoes(stopping);
    stopping.startDaemon();
    await cluster.waitForStandbyStreaming(stopping, { primary: heir });
    await cluster.waitUntilHealthy();
  });

  it('of a standby just stops it', async () => {
    const primary = await cluster.waitUntilHealthy();
    const standby = cluster.nodes.find((node) => node !== primary) ?? former();
    const result = await standby.repmgr(['node', 'shutdown']);
    expect(result.status, result.stderr).toBe(0);
    expect(standby.postgres.isRunning()).toBe(false);
    await startAsSystemdDoes(standby);
    await cluster.waitForStandbyStreaming(standby, { primary });
    await cluster.waitUntilHealthy();
  });
});

describe('node guard', () => {
  it('makes a primary that returns start in recovery, before its daemon runs', async () => {
    const former = await cluster.waitForPrimary();
    await former.killHost();
    const heir = await primaryOtherThan(former);
    expect(existsSync(signalFile(former))).toBe(false);
    expect(await startAsSystemdDoes(former)).toContain('standby.signal was written');
    expect(await former.postgres.isInRecovery()).toBe(true);
    former.startDaemon();
    await cluster.waitForStandbyStreaming(former, { primary: heir });
  });

  it('under a pause lets the operator start the primary again, and only that', async () => {
    const primary = await cluster.waitUntilHealthy();
    await primary.mustRepmgr(['service', 'pause']);
    expect((await primary.repmgr(['node', 'shutdown'])).status).toBe(18);
    // The host is restarted: its daemon comes later than PostgreSQL.
    await primary.stopDaemon();
    await primary.postgres.stop();
    await startAsSystemdDoes(primary);
    expect(await primary.postgres.isInRecovery()).toBe(false);
    primary.startDaemon();
    await cluster.waitUntilHealthy();
    await primary.mustRepmgr(['service', 'unpause']);
  });

  it('opens the primary of all nodes that were lost at once only after an election', async () => {
    const former = await cluster.waitForPrimary();
    for (const node of cluster.nodes) await node.killHost();
    for (const node of cluster.nodes) await startAsSystemdDoes(node);
    expect(await former.postgres.isInRecovery()).toBe(true);
    cluster.startDaemons();
    await cluster.waitUntilHealthy();
  });
});
