import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import { isAlive } from '../../../lab/processes-within.ts';
import { playScene } from '../../../lab/scene.ts';
import { waitFor } from '../../../lab/wait-for.ts';

const guardianPid = (node: ClusterNode) =>
  Number(readFileSync(join(node.machine.folder, 'data.repmgr', 'guardian.pid'), 'utf8').split(' ')[0]);

describe('the guardian of a node, as a client sees it', () => {
  it('lets nothing happen when the daemon of the primary dies, and goes with a daemon that ends in order', async () => {
    const report = await playScene({}, async (scene) => {
      const { cluster, writer, watchQuietly } = scene;
      const primary = await cluster.waitForPrimary();
      const leaseMs = await cluster.leaseMs();
      const sinceMs = performance.now();
      const first = guardianPid(primary);
      await primary.killDaemon();
      await watchQuietly(2 * leaseMs);
      expect(writer.outageSince(sinceMs)).toBeLessThan(500);
      primary.startDaemon();
      expect(await cluster.waitUntilHealthy()).toBe(primary);
      expect(guardianPid(primary)).toBe(first);
      // Frozen for longer than its own lease, while the standbys confirm by WAL.
      primary.signalDaemon('SIGSTOP');
      await watchQuietly(2 * leaseMs);
      primary.signalDaemon('SIGCONT');
      expect(await cluster.waitUntilHealthy()).toBe(primary);
      // A guardian that is killed has a successor.
      process.kill(first, 'SIGKILL');
      await waitFor(() => guardianPid(primary) !== first && isAlive(guardianPid(primary)), {
        what: 'another guardian',
        timeoutMs: 5_000,
      });
      const second = guardianPid(primary);
      // The daemons of all standbys for longer than a lease: WAL is acknowledgement enough.
      const standbys = cluster.nodes.filter((node) => node !== primary);
      for (const node of standbys) await node.stopDaemon();
      await watchQuietly(2 * leaseMs);
      for (const node of standbys) node.startDaemon();
      expect(await cluster.waitUntilHealthy()).toBe(primary);
      expect(writer.outageSince(sinceMs)).toBeLessThan(500);
      await primary.stopDaemon();
      await waitFor(() => !isAlive(second), { what: 'the guardian to end', timeoutMs: 2_000 });
      primary.startDaemon();
      expect(await cluster.waitUntilHealthy()).toBe(primary);
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it('says that daemon and postmaster are dead: nobody waits for the lease', async () => {
    const report = await playScene({}, async (scene) => {
      const { cluster, writer, untilWritingAgain } = scene;
      const dead = await cluster.waitForPrimary();
      const killedMs = performance.now();
      process.kill(dead.daemonPid ?? 0, 'SIGKILL');
      dead.postgres.killPostmaster();
      const winner = await cluster.waitForPrimary({ except: dead });
      await untilWritingAgain(performance.now());
      const outageMs = writer.outageSince(killedMs);
      console.log(`daemon and postmaster killed: ${Math.round(outageMs)} ms`);
      expect(outageMs).toBeLessThan(await cluster.leaseMs());
      dead.startDaemon();
      await cluster.waitForStandbyStreaming(dead, { primary: winner });
      await cluster.waitUntilHealthy();
    });
    expect(report.doublePrimaryMs).toBe(0);
  });

  it('need not wait for the lease either when a host that is shut down in order says farewell', async () => {
    const report = await playScene({}, async (scene) => {
      const { cluster, writer, untilWritingAgain } = scene;
      const leaving = await cluster.waitForPrimary();
      await leaving.stopDaemon();
      expect(await leaving.repmgr(['node', 'farewell'])).toMatchObject({
        status: 0,
        stderr: expect.stringContaining('PostgreSQL of node "node1" is not gone'),
      });
      const stoppedMs = performance.now();
      await leaving.postgres.stop();
      await leaving.mustRepmgr(['node', 'farewell']);
      const winner = await cluster.waitForPrimary({ except: leaving });
      await untilWritingAgain(performance.now());
      const outageMs = writer.outageSince(stoppedMs);
      console.log(`stopped in order, with farewell: ${Math.round(outageMs)} ms`);
      expect(outageMs).toBeLessThan(await cluster.leaseMs());
      leaving.startDaemon();
      await cluster.waitForStandbyStreaming(leaving, { primary: winner });
      await cluster.waitUntilHealthy();
    });
    expect(report).toMatchObject({ lost: [], doublePrimaryMs: 0 });
  });

  it.each([
    ['dead', 'SIGKILL'],
    ['frozen', 'SIGSTOP'],
  ] as const)('fences a cut-off primary whose daemon is %s before another opens', async (_, signal) => {
    const report = await playScene({ network: 'namespaces' }, async (scene) => {
      const { cluster, untilWritingAgain } = scene;
      const isolated = await cluster.waitForPrimary();
      isolated.signalDaemon(signal);
      cluster.network?.isolate(isolated.id - 1, { clients: false });
      const winner = await cluster.waitForPrimary({ except: isolated });
      await untilWritingAgain(performance.now());
      cluster.network?.heal();
      if (signal === 'SIGSTOP') isolated.signalDaemon('SIGCONT');
      isolated.startDaemon();
      await cluster.waitForStandbyStreaming(isolated, { primary: winner });
      await cluster.waitUntilHealthy();
    });
    expect(report.doublePrimaryMs).toBe(0);
  });
});
