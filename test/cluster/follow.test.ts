import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import { TestCluster } from '../../lab/test-cluster.ts';
import { waitFor } from '../../lab/wait-for.ts';

let cluster: TestCluster;
let first: ClusterNode;
let second: ClusterNode;
let third: ClusterNode;

beforeAll(async () => {
  cluster = await TestCluster.prepare({ nodes: 3, settings: { standby_follow_timeout: '5' } });
  first = await cluster.createPrimary();
  second = cluster.node(2);
  third = cluster.node(3);
  await cluster.createStandby(second);
  await cluster.createStandby(third);
});

afterAll(() => cluster.destroy());

async function slotsOn(node: ClusterNode): Promise<string[]> {
  const rows = await node.postgres.query<{ slot_name: string }>(
    'SELECT slot_name FROM pg_replication_slots ORDER BY 1',
  );
  return rows.map(({ slot_name: name }) => name);
}

async function upstreamOf(node: ClusterNode): Promise<unknown> {
  const sql = 'SELECT upstream_node_id AS id FROM repmgr.nodes WHERE node_id = $1';
  const [row] = await first.postgres.query(sql, [node.id], { database: 'repmgr' });
  return row?.['id'];
}

describe('standby follow', () => {
  it('with --dry-run changes nothing', async () => {
    const result = await third.repmgr(['standby', 'follow', '--upstream-node-id=2', '--dry-run']);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain('would make node "node3" follow node "node2" (ID: 2)');
    expect(await upstreamOf(third)).toBe(1);
    expect(await slotsOn(second)).toEqual([]);
  });

  it('attaches to another standby without a restart, and moves the slot', async () => {
    const pid = third.postgres.postmasterPid();
    expect((await third.repmgr(['standby', 'follow', '--upstream-node-id=2'])).status).toBe(0);
    await cluster.waitForStandbyStreaming(third, { primary: second });
    expect(third.postgres.postmasterPid()).toBe(pid);
    expect(await upstreamOf(third)).toBe(2);
    expect(await slotsOn(second)).toEqual(['repmgr_slot_3']);
    expect(await slotsOn(first)).toEqual(['repmgr_slot_2']);
  });

  it('is content when it follows that node already', async () => {
    expect((await third.repmgr(['standby', 'follow', '--upstream-node-id=2'])).status).toBe(0);
    expect(await slotsOn(second)).toEqual(['repmgr_slot_3']);
  });

  it('finds the primary by itself, and restarts where that is configured', async () => {
    const original = readFileSync(third.configFile, 'utf8');
    writeFileSync(third.configFile, `${original}standby_follow_restart=yes\n`);
    const pid = third.postgres.postmasterPid();
    try {
      expect((await third.repmgr(['standby', 'follow'])).status).toBe(0);
    } finally {
      writeFileSync(third.configFile, original);
    }
    expect(third.postgres.postmasterPid()).not.toBe(pid);
    await cluster.waitForStandbyStreaming(third, { primary: first });
    expect(await slotsOn(second)).toEqual([]);
    expect(await slotsOn(first)).toEqual(['repmgr_slot_2', 'repmgr_slot_3']);
  });

  it('records the event with the node that is followed', async () => {
    const event = (await cluster.events()).findLast(({ event: name }) => name === 'standby_follow');
    expect(event).toMatchObject({ nodeId: 3, successful: true });
    expect(event?.details).toContain('node "node1" (ID: 1)');
  });
});

describe('standby follow refuses', () => {
  it.each([
    ['itself', ['--upstream-node-id=3'], 23, 'can not follow itself'],
    ['a node that is not registered', ['--upstream-node-id=9'], 23, 'no node with ID 9'],
  ])('%s', async (_, options, status, text) => {
    const result = await third.repmgr(['standby', 'follow', ...options]);
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(text);
  });

  it('to work on a primary', async () => {
    const result = await first.repmgr(['standby', 'follow', '--upstream-node-id=2']);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('out of recovery');
  });

  it('a node without a free slot, before it changes anything', async () => {
    const before = readFileSync(join(third.machine.folder, 'data', 'postgresql.auto.conf'), 'utf8');
    for (let count = 0; count < 10; count += 1) {
      await second.postgres.query(`SELECT pg_create_physical_replication_slot('taken_${count}')`);
    }
    const result = await third.repmgr(['standby', 'follow', '--upstream-node-id=2']);
    await second.postgres.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
    expect(result.status).toBe(23);
    expect(result.stderr).toContain('10 of 10 are taken');
    expect(readFileSync(join(third.machine.folder, 'data', 'postgresql.auto.conf'), 'utf8')).toBe(before);
  });

  it('to call it done when the standby does not stream in time', async () => {
    const original = readFileSync(third.configFile, 'utf8');
    // A reload that does not reach the server leaves it with its old upstream.
    writeFileSync(third.configFile, `${original}service_reload_command='true'\nstandby_follow_timeout=1\n`);
    try {
      const result = await third.repmgr(['standby', 'follow', '--upstream-node-id=2']);
      expect(result.status).toBe(23);
      expect(result.stderr).toContain('is not attached');
    } finally {
      writeFileSync(third.configFile, original);
    }
    const event = (await cluster.events()).findLast(({ event: name }) => name === 'standby_follow');
    expect(event).toMatchObject({ nodeId: 3, successful: false });
    expect((await third.repmgr(['standby', 'follow'])).status).toBe(0);
    await cluster.waitForStandbyStreaming(third, { primary: first });
  });

  it('a primary that is down, at once or after --wait', async () => {
    await first.postgres.stop();
    const result = await third.repmgr(['standby', 'follow']);
    expect(result.status).toBe(23);
    expect(result.stderr).toContain('no running primary was found');
    const original = readFileSync(third.configFile, 'utf8');
    writeFileSync(third.configFile, `${original}primary_follow_timeout=2\n`);
    const startedMs = performance.now();
    const waited = await third.repmgr(['standby', 'follow', '--wait']);
    writeFileSync(third.configFile, original);
    expect(waited.status).toBe(23);
    expect(performance.now() - startedMs).toBeGreaterThan(2_000);
    expect(waited.stderr).toContain('within 2 s');
  });

  it('a node that it has diverged from', async () => {
    await second.mustRepmgr(['standby', 'promote']);
    await third.postgres.promote();
    await waitFor(async () => !(await third.postgres.isInRecovery()), {
      what: 'node3 to be promoted',
      timeoutMs: 10_000,
    });
    await third.postgres.query('CREATE TABLE astray AS SELECT 1');
    await third.postgres.stop();
    writeFileSync(join(third.machine.folder, 'data', 'standby.signal'), '');
    third.machine.giveToUser(join(third.machine.folder, 'data', 'standby.signal'));
    await third.postgres.start();
    const result = await third.repmgr(['standby', 'follow', '--upstream-node-id=2']);
    expect(result.status).toBe(23);
    expect(result.stderr).toMatch(/this node is \d+ bytes ahead of the upstream on timeline 2/);
    expect(result.stderr).toContain('HINT: clone it anew');
  });
});
