import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../../src/domain/node.ts';
import { apiPortOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { createFakeDatabase } from '../../../fakes/fake-database.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

/** A server without any metadata. */
function freshServer(): FakeCluster {
  const world = new FakeCluster([]);
  world.addServer(1, 'primary');
  return world;
}

const eventsOf = ({ database }: FakeCluster) =>
  database.events.toReversed().map(({ event, successful, details }) => [event, successful, details]);

describe('primary register', () => {
  const register = (world: FakeCluster, options = '', settings = {}) =>
    runRepmgr(world, `primary register ${options}`, { nodeId: 1, settings });

  test('creates schema, record, key and address', async () => {
    const world = freshServer();
    const { status, stdout } = await register(world);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(world.node(1)).toEqual(nodeRecord(1));
    expect(world.database.votingTerm).toBe(1);
    expect(world.database.clusterKey).toMatch(/^[0-9a-f]{64}$/);
    expect(eventsOf(world)).toEqual([
      ['cluster_created', true, null],
      ['primary_register', true, ''],
    ]);
    const incarnation = world.files.get('/data/node1.repmgr/incarnation')?.trim();
    expect(incarnation).toMatch(/^[0-9a-f]{32}$/);
    expect(world.database.daemons).toEqual([
      { nodeId: 1, host: '127.0.0.1', port: apiPortOf(1), incarnation },
    ]);
    expect(world.files.get('/data/node1.repmgr/cluster-key')).toBe(`${world.database.clusterKey}\n`);
    expect(world.connections.every((connection) => !connection.isOpen())).toBe(true);
  });

  test('changes nothing with --dry-run', async () => {
    const world = freshServer();
    const { status, stderr } = await register(world, '--dry-run');
    expect(status).toBe(0);
    expect(stderr).toContain('INFO: would create the schema "repmgr"\n');
    expect(stderr).toContain('INFO: would record node "node1" (ID: 1) as primary\n');
    expect(world.database).toEqual(createFakeDatabase());
    expect(world.files.size).toBe(0);
  });

  test('takes what repmgr.conf says into the record', async () => {
    const world = freshServer();
    await register(world, '', {
      location: 'dc b',
      priority: 60,
      replication_user: 'streamer',
      use_replication_slots: true,
      api_address: '10.0.0.1',
      conninfo: 'host=/run/postgresql port=55201',
    });
    expect(world.node(1)).toMatchObject({
      location: 'dc b',
      priority: 60,
      replicationUser: 'streamer',
      slotName: 'repmgr_slot_1',
      conninfo: 'host=/run/postgresql port=55201',
    });
    expect(world.database.daemons[0]?.host).toBe('10.0.0.1');
  });

  test('uses the loopback address for a daemon whose server has no TCP host', async () => {
    const world = freshServer();
    await register(world, '', { conninfo: 'host=/run/postgresql port=55201' });
    expect(world.database.daemons[0]?.host).toBe('127.0.0.1');
  });

  test('needs --force to overwrite a record, keeps incarnation, key and term then', async () => {
    const world = freshServer();
    await register(world);
    const { daemons, clusterKey } = world.database;
    world.database.votingTerm = 4;
    const again = await register(world);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('HINT: use -F/--force') });
    expect((await register(world, '--dry-run')).status).toBe(1);
    expect((await register(world, '-F', { priority: 7 })).status).toBe(0);
    expect(world.node(1)?.priority).toBe(7);
    expect(world.database).toMatchObject({ daemons, clusterKey, votingTerm: 4 });
    expect(eventsOf(world).at(-1)).toEqual(['primary_register', true, 'existing primary record updated']);
  });

  test('keeps the slot name of an existing record', async () => {
    const world = new FakeCluster([nodeRecord(1, { slotName: 'repmgr_slot_1' })]);
    await register(world, '-F', { use_replication_slots: false });
    expect(world.node(1)?.slotName).toBe('repmgr_slot_1');
  });

  test('refuses a standby, an unknown state and an old server', async () => {
    const standby = freshServer();
    standby.server(1).recoveryState = 'standby';
    expect(await register(standby)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is a standby'),
    });
    const unknown = freshServer();
    unknown.server(1).brokenQuestions.add('recoveryState');
    expect((await register(unknown)).status).toBe(6);
    const old = freshServer();
    old.server(1).serverVersionNum = 110_022;
    expect((await register(old)).status).toBe(1);
    const down = freshServer();
    down.server(1).state = 'down';
    expect((await register(down)).status).toBe(6);
  });

  test('uses the superuser where the role may not create the schema', async () => {
    const world = freshServer();
    const { roles } = world.server(1);
    roles.set('repmgr', { isSuperuser: false, mayCreate: false });
    expect(await register(world)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('-S/--superuser'),
    });
    roles.set('clerk', { isSuperuser: false, mayCreate: true });
    expect((await register(world, '-S clerk')).stderr).toContain(
      '"clerk", given with --superuser, is no superuser',
    );
    expect((await register(world, '-S nobody')).stderr).toContain('unable to connect as superuser "nobody"');
    expect(world.database.schema).toBeUndefined();
    roles.set('postgres', { isSuperuser: true, mayCreate: true });
    expect((await register(world, '-S postgres --dry-run')).stderr).toContain('as superuser "postgres"');
    expect((await register(world, '-S postgres')).status).toBe(0);
    expect(world.node(1)).toEqual(nodeRecord(1));
  });

  test('adopts the schema of the original extension', async () => {
    const world = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
    Object.assign(world.database, {
      schema: { ownedByExtension: true, migration: 0 },
      clusterKey: undefined,
    });
    expect((await register(world, '--force')).status).toBe(0);
    expect(world.database.nodes).toHaveLength(2);
    expect(world.database.clusterKey).toMatch(/^[0-9a-f]{64}$/);
    expect(eventsOf(world).map(([event]) => event)).toEqual(['primary_register']);
  });

  test('refuses while another primary runs, and replaces one that does not', async () => {
    const world = new FakeCluster([nodeRecord(2, { type: 'primary', upstreamNodeId: null })]);
    world.addServer(1, 'primary');
    const refused = await register(world);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('already a running primary'),
    });
    world.server(2).state = 'down';
    expect((await register(world)).status).toBe(0);
    expect(world.node(2)?.active).toBe(false);
    expect(world.node(1)?.active).toBe(true);
  });

  test('replaces a recorded primary that runs as a standby, with a warning', async () => {
    const world = new FakeCluster([nodeRecord(2, { type: 'primary', upstreamNodeId: null })]);
    world.addServer(1, 'primary');
    world.server(2).recoveryState = 'standby';
    const { status, stderr } = await register(world);
    expect(status).toBe(0);
    expect(stderr).toContain('is registered as primary but runs as a standby');
    expect(world.node(2)?.active).toBe(false);
  });

  test('runs the notification script with the placeholders', async () => {
    const world = freshServer();
    await register(world, '', {
      event_notification_command: '/bin/notify %n %e %s "%t" "%d" %p',
      event_notifications: ['primary_register'],
    });
    expect(world.runner.commands).toEqual([
      '/bin/notify 1 primary_register 1 "2026-11-22 21:50:58.638664+00" "" ',
    ]);
  });

  test('only warns when the notification script fails', async () => {
    const world = freshServer();
    world.runner.resultOf = () => ({ exitStatus: 3 });
    const { status, stderr } = await register(world, '', { event_notification_command: '/bin/notify' });
    expect(status).toBe(0);
    expect(stderr).toContain('WARNING: event_notification_command for "primary_register" ended with 3');
  });

  test('gives JSON', async () => {
    const { stdout } = await register(freshServer(), '--json');
    expect(JSON.parse(stdout)).toEqual({
      nodeId: 1,
      nodeName: 'node1',
      type: 'primary',
      existed: false,
      dryRun: false,
    });
  });
});

describe('primary unregister', () => {
  /** Node 1 is a former primary that is gone, node 2 the present one. */
  function afterFailover(): FakeCluster {
    const world = new FakeCluster([
      nodeRecord(1, { active: false }),
      nodeRecord(2, { type: 'primary', upstreamNodeId: null }),
      nodeRecord(3, { upstreamNodeId: 2 as NodeId }),
    ]);
    world.server(1).state = 'down';
    return world;
  }
  const unregister = (world: FakeCluster, options = '', nodeId = 3) =>
    runRepmgr(world, `primary unregister ${options}`, { nodeId });

  test('removes the record of a dead primary and tells who did it', async () => {
    const world = afterFailover();
    expect(await unregister(world, '--node-id=1')).toMatchObject({ status: 0, stdout: '' });
    expect(world.node(1)).toBeUndefined();
    expect(world.database.events[0]).toMatchObject({
      nodeId: 3,
      event: 'primary_unregister',
      successful: true,
    });
  });

  test('changes nothing with --dry-run', async () => {
    const world = afterFailover();
    const { status, stderr } = await unregister(world, '--node-id=1 --dry-run');
    expect(status).toBe(0);
    expect(stderr).toContain('INFO: would remove the record of node "node1" (ID: 1)');
    expect(world.node(1)).toBeDefined();
    expect(world.database.events).toEqual([]);
  });

  test('means the active primary without --node-id, which has downstream nodes', async () => {
    const { status, stderr } = await unregister(afterFailover(), '--force');
    expect(status).toBe(1);
    expect(stderr).toContain('other nodes have node "node2" (ID: 2) as their upstream: node "node3" (ID: 3)');
  });

  test('refuses nodes that are not primaries, unknown ones and running ones', async () => {
    const world = afterFailover();
    expect((await unregister(world, '--node-id=9')).stderr).toContain('no record of a node with ID 9');
    expect((await unregister(world, '--node-id=3')).stderr).toContain('use "repmgr standby unregister"');
    world.change(3, { type: 'witness' });
    expect((await unregister(world, '--node-id=3')).stderr).toContain('is a witness');
    world.database.nodes = world.database.nodes.filter(({ nodeId }) => nodeId !== 3);
    expect((await unregister(world, '', 2)).stderr).toContain('is the running primary of this cluster');
    expect((await unregister(world, '-F', 2)).status).toBe(0);
    expect(world.node(2)).toBeUndefined();
  });

  test('needs --force for a record that is active', async () => {
    const world = afterFailover();
    world.database.nodes = [...world.database.nodes.filter(({ nodeId }) => nodeId !== 1), nodeRecord(1)];
    expect(await unregister(world, '--node-id=1')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is recorded as active'),
    });
    expect((await unregister(world, '--node-id=1 -F')).status).toBe(0);
  });

  test('needs --force for a primary that runs as a standby', async () => {
    const world = afterFailover();
    Object.assign(world.server(1), { state: 'up', recoveryState: 'standby' });
    expect(await unregister(world, '--node-id=1')).toMatchObject({ status: 1 });
    expect((await unregister(world, '--node-id=1 -F')).status).toBe(0);
  });

  test('ends with 6 when there is no primary to write to', async () => {
    const world = afterFailover();
    world.server(2).state = 'down';
    expect(await unregister(world, '--node-id=1')).toMatchObject({ status: 6 });
    world.change(2, { active: false });
    expect(await unregister(world, '--node-id=1')).toMatchObject({ status: 6 });
  });

  test('ends with 1 on a node that is not registered', async () => {
    const world = afterFailover();
    world.addServer(4, 'standby');
    expect(await unregister(world, '--node-id=1', 4)).toMatchObject({ status: 1 });
  });
});
