import { describe, expect, test } from 'vitest';
import { FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

function clusterWithEvents(): FakeCluster {
  const cluster = new FakeCluster([nodeRecord(1)]);
  const row = { successful: true, timestamp: '2026-11-22 21:47:45' };
  cluster.database.events = [
    { ...row, nodeId: 3, event: 'standby_unregister', details: null },
    { ...row, nodeId: 1, event: 'primary_register', details: 'existing primary record updated' },
    { ...row, nodeId: 1, event: 'cluster_created', successful: false, details: null },
  ];
  return cluster;
}

const events = (options = '', cluster = clusterWithEvents()) =>
  runRepmgr(cluster, `cluster event ${options}`, { nodeId: 1 });

describe('cluster event', () => {
  test('prints a table that ends with a blank line', async () => {
    expect(await events('--event=primary_register')).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        ' Node ID | Name  | Event            | OK | Timestamp           | Details                        ',
        '---------+-------+------------------+----+---------------------+---------------------------------',
        ' 1       | node1 | primary_register | t  | 2026-11-22 21:47:45 | existing primary record updated',
        '',
        '',
      ].join('\n'),
    });
  });

  test('leaves the details out with --compact', async () => {
    expect((await events('--compact --limit=1')).stdout).toBe(
      [
        ' Node ID | Name | Event              | OK | Timestamp          ',
        '---------+------+--------------------+----+---------------------',
        ' 3       |      | standby_unregister | t  | 2026-11-22 21:47:45',
        '',
        '',
      ].join('\n'),
    );
  });

  test('prints CSV without header and quotes', async () => {
    expect((await events('--csv')).stdout).toBe(
      [
        '3,,standby_unregister,t,2026-11-22 21:47:45',
        '1,node1,primary_register,t,2026-11-22 21:47:45',
        '1,node1,cluster_created,f,2026-11-22 21:47:45',
        '',
      ].join('\n'),
    );
  });

  test('shows 20 events unless told otherwise', async () => {
    const cluster = clusterWithEvents();
    cluster.database.events = Array.from({ length: 25 }, () => cluster.database.events[0]).filter(
      (e) => e !== undefined,
    );
    const count = async (options: string) =>
      (await events(`--csv ${options}`, cluster)).stdout.split('\n').length - 1;
    expect(await count('')).toBe(20);
    expect(await count('--limit=3')).toBe(3);
    expect(await count('--all')).toBe(25);
    expect(await count('--all --limit=3')).toBe(3);
  });

  test('filters by node, also by one that is no longer registered', async () => {
    expect((await events('--csv --node-id=3')).stdout).toBe('3,,standby_unregister,t,2026-11-22 21:47:45\n');
    expect((await events('--csv --node-name=node1')).stdout.split('\n')).toHaveLength(3);
  });

  test('refuses a name that nobody has', async () => {
    const { status, stderr } = await events('--node-name=node9');
    expect(status).toBe(1);
    expect(stderr).toContain('no node "node9" is registered');
  });

  test.each(['', '--csv'])('prints one line when there is nothing to show (%s)', async (options) => {
    const { status, stdout } = await events(`--event=node_rejoin ${options}`);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^[^\n]+\n$/);
  });

  test('gives JSON', async () => {
    const { stdout } = await events('--json --node-id=3');
    expect(JSON.parse(stdout)).toEqual({
      events: [
        {
          nodeId: 3,
          nodeName: '',
          event: 'standby_unregister',
          successful: true,
          details: null,
          timestamp: '2026-11-22 21:47:45',
        },
      ],
    });
  });

  test('ends with 6 without the local database, and 7 when the events cannot be read', async () => {
    const down = clusterWithEvents();
    down.server(1).state = 'down';
    expect((await events('', down)).status).toBe(6);
    const empty = clusterWithEvents();
    empty.database.schema = undefined;
    expect((await events('', empty)).status).toBe(7);
  });
});
