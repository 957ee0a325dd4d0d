import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import { TestCluster } from '../../lab/test-cluster.ts';

let cluster: TestCluster;
let first: ClusterNode;
let second: ClusterNode;
let third: ClusterNode;

beforeAll(async () => {
  cluster = await TestCluster.prepare({ nodes: 3 });
  first = await cluster.createPrimary();
  second = cluster.node(2);
  third = cluster.node(3);
  await cluster.createStandby(second);
  await cluster.createStandby(third);
});

afterAll(() => cluster.destroy());

describe('standby promote', () => {
  it.each([[[]], [['--force']]])('refuses while the primary is up (%j)', async (options) => {
    const result = await second.repmgr(['standby', 'promote', ...options]);
    expect(result.status).toBe(8);
    expect(result.stderr).toContain('node "node1" (ID: 1) is up and is the primary');
    expect(await second.postgres.isInRecovery()).toBe(true);
  });

  it('refuses on a primary', async () => {
    const result = await first.repmgr(['standby', 'promote']);
    expect(result.status).toBe(8);
    expect(result.stderr).toContain('is not a standby');
  });

  it('needs SSH for --siblings-follow, unless forced', async () => {
    await first.postgres.kill();
    const result = await second.repmgr(['standby', 'promote', '--siblings-follow', '--dry-run']);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('not reachable over SSH: node "node3"');
    const forced = await second.repmgr(['standby', 'promote', '--siblings-follow', '--dry-run', '--force']);
    expect(forced.status).toBe(0);
  });

  it('with --dry-run names the method and changes nothing', async () => {
    const result = await second.repmgr(['standby', 'promote', '--dry-run']);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain('would promote node "node2" (ID: 2) with pg_promote()');
    expect(await second.postgres.isInRecovery()).toBe(true);
  });

  it('promotes at once when the primary is gone, and records it', async () => {
    const result = await second.repmgr(['standby', 'promote']);
    expect(result.status).toBe(0);
    expect(await second.postgres.isInRecovery()).toBe(false);
    const afterMs = Number(/out of recovery after (\d+) ms/.exec(result.stderr)?.[1]);
    expect(afterMs).toBeLessThan(2_000);
    const rows = await second.postgres.query(
      'SELECT node_id, type, active, upstream_node_id FROM repmgr.nodes ORDER BY 1',
      [],
      { database: 'repmgr' },
    );
    expect(rows).toEqual([
      { node_id: 1, type: 'primary', active: false, upstream_node_id: null },
      { node_id: 2, type: 'primary', active: true, upstream_node_id: null },
      { node_id: 3, type: 'standby', active: true, upstream_node_id: 1 },
    ]);
    const event = (await cluster.events()).at(-1);
    expect(event).toMatchObject({ nodeId: 2, event: 'standby_promote', successful: true });
  });

  it('leaves siblings that can follow by themselves', async () => {
    expect((await third.repmgr(['standby', 'follow'])).status).toBe(0);
    await cluster.waitForStandbyStreaming(third, { primary: second });
  });

  it('fails when the service command fails, or does not promote', async () => {
    await second.postgres.stop();
    const original = readFileSync(third.configFile, 'utf8');
    const settings = `${original}promote_check_timeout=1\n`;
    try {
      writeFileSync(third.configFile, `${settings}service_promote_command='false'\n`);
      const failed = await third.repmgr(['standby', 'promote']);
      expect(failed.status).toBe(8);
      expect(failed.stderr).toContain('could not be promoted');
      writeFileSync(third.configFile, `${settings}service_promote_command='true'\n`);
      const idle = await third.repmgr(['standby', 'promote']);
      expect(idle.status).toBe(8);
      expect(idle.stderr).toContain('is still in recovery 1 s after the promotion');
    } finally {
      writeFileSync(third.configFile, original);
    }
    expect(await third.postgres.isInRecovery()).toBe(true);
  });

  it('uses the service command where there is one', async () => {
    const original = readFileSync(third.configFile, 'utf8');
    const data = `${third.machine.folder}/data`;
    writeFileSync(
      third.configFile,
      `${original}service_promote_command='${third.postgres.bindir}/pg_ctl promote -D ${data}'\n`,
    );
    const shown = await third.repmgr(['standby', 'promote', '--dry-run']);
    expect(shown.stderr).toContain(`pg_ctl promote -D ${data}`);
    expect((await third.repmgr(['standby', 'promote'])).status).toBe(0);
    expect(await third.postgres.isInRecovery()).toBe(false);
  });
});
