import { describe, expect, test } from 'vitest';
import { QueryFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../../src/domain/node.ts';
import { apiPortOf, conninfoOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { createFakeDatabase } from '../../../fakes/fake-database.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

/** Node 1 is registered; node 2 streams from it and is not. */
function cluster(): FakeCluster {
  const world = new FakeCluster([nodeRecord(1)]);
  world.addServer(2, 'standby');
  world.server(1).attach('node2');
  return world;
}

const register = (world: FakeCluster, options = '', settings = {}) =>
  runRepmgr(world, `standby register ${options}`, { nodeId: 2, settings });
const lastEvent = (world: FakeCluster) => world.database.events[0];

describe('standby register', () => {
  test('records the standby, its daemon and the event', async () => {
    const world = cluster();
    const { status, stdout, stderr } = await register(world);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain('WARNING: --upstream-node-id was not given');
    expect(world.node(2)).toEqual(nodeRecord(2));
    expect(lastEvent(world)).toMatchObject({
      nodeId: 2,
      event: 'standby_register',
      successful: true,
      details: 'standby registration succeeded; upstream node ID is 1',
    });
    expect(world.database.daemons.map(({ nodeId, port }) => [nodeId, port])).toEqual([
      [1, apiPortOf(1)],
      [2, apiPortOf(2)],
    ]);
    expect(world.files.get('/data/node2.repmgr/cluster-key')).toBe(`${world.database.clusterKey}\n`);
    expect(world.connections.every((connection) => !connection.isOpen())).toBe(true);
  });

  test('changes nothing with --dry-run, but judges', async () => {
    const world = cluster();
    expect(await register(world, '--dry-run')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('INFO: would record node "node2" (ID: 2) as standby of node ID 1'),
    });
    world.server(1).replicationRows = [];
    expect((await register(world, '--dry-run')).status).toBe(1);
    expect(world.database.nodes).toHaveLength(1);
    expect(world.files.size).toBe(0);
  });

  test('tells the notification script about the primary', async () => {
    const world = cluster();
    await register(world, '-F', { event_notification_command: 'notify %n %e "%d" %p "%c" %a' });
    expect(world.runner.commands).toEqual([
      `notify 2 standby_register "standby registration succeeded; upstream node ID is 1 (-F/--force option was used)" 1 "${conninfoOf(1)}" node1`,
    ]);
  });

  test('records the slot that the standby really uses, unless repmgr.conf decides', async () => {
    const world = cluster();
    world.server(2).settings.set('primary_slot_name', 'slot_of_two');
    await register(world);
    expect(world.node(2)?.slotName).toBe('slot_of_two');
    await register(world, '-F', { use_replication_slots: true });
    expect(world.node(2)?.slotName).toBe('repmgr_slot_2');
  });

  test('refuses a primary and an unknown recovery state', async () => {
    const world = cluster();
    world.server(2).recoveryState = 'primary';
    expect(await register(world)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is not a standby'),
    });
    world.server(2).brokenQuestions.add('recoveryState');
    expect((await register(world)).status).toBe(6);
  });

  test('waits for the server to start', async () => {
    const world = cluster();
    world.server(2).state = 'down';
    world.clock.onSleep = (nowMs) => {
      if (nowMs >= 5_000) world.server(2).state = 'up';
    };
    expect((await register(world)).status).toBe(0);
    expect(world.clock.nowMs).toBe(5_000);
  });

  test.each([
    ['', 30_000],
    ['--wait-start=4', 4_000],
    ['--wait-start=0', 0],
  ])('gives up with 1 when it does not (%s)', async (options, waitedMs) => {
    const world = cluster();
    world.server(2).state = 'down';
    const { status, stderr } = await register(world, options);
    expect(status).toBe(1);
    expect(stderr).toContain('ERROR: the server of node "node2" (ID: 2) cannot be reached');
    expect(world.clock.nowMs).toBe(waitedMs);
  });

  test('advises to start only a server that does not answer', async () => {
    const world = cluster();
    world.server(2).state = 'down';
    expect((await register(world, '--wait-start=0')).stderr).toContain('HINT: start it');
    world.server(2).state = 'rejecting';
    const { status, stderr } = await register(world, '--wait-start=0');
    expect(status).toBe(1);
    expect(stderr).not.toContain('start it');
    expect(stderr).toContain('DETAIL: sorry, too many clients already\nHINT: check that');
  });

  test('registers a standby that is down with --force and the primary named', async () => {
    const world = cluster();
    world.server(2).state = 'down';
    expect(await register(world, '-F')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the primary has to be named'),
    });
    expect(world.clock.nowMs).toBe(0);
    expect((await register(world, '-F -h 127.0.0.1 -p 55201 -d repmgr')).status).toBe(0);
    expect(world.node(2)).toMatchObject({ type: 'standby', upstreamNodeId: 1, active: true });
    expect((await register(world, '-F -h 127.0.0.1 -p 55299 -d repmgr')).status).toBe(1);
  });

  test('ends with 1 when no primary is found', async () => {
    const world = cluster();
    world.server(1).state = 'down';
    expect(await register(world, '-F')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no running primary was found'),
    });
  });

  test('refuses another major version than that of the primary', async () => {
    const world = cluster();
    world.server(2).serverVersionNum = 140_005;
    expect(await register(world)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'this node runs PostgreSQL 14, but the primary, node "node1" (ID: 1), runs 15',
      ),
    });
  });

  test('refuses the name of another active node', async () => {
    const world = cluster();
    expect(await register(world, '', { node_name: 'node1' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('another active node has the name "node1" already (ID: 1)'),
    });
  });

  test('needs --force to overwrite a record', async () => {
    const world = cluster();
    await register(world);
    expect(await register(world)).toMatchObject({ status: 1, stderr: expect.stringContaining('-F/--force') });
    expect((await register(world, '--force', { priority: 5 })).status).toBe(0);
    expect(world.node(2)?.priority).toBe(5);
  });

  test('requires a new node to be attached to the primary, unless forced', async () => {
    const world = cluster();
    world.server(1).replicationRows = [];
    expect(await register(world)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('node "node2" (ID: 2) is not attached on the primary'),
    });
    const forced = await register(world, '-F');
    expect(forced).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('WARNING: node "node2" (ID: 2) is not attached'),
    });
  });

  describe('--upstream-node-id', () => {
    /** Node 3 cascades from node 2. */
    function cascade(): FakeCluster {
      const world = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
      world.addServer(3, 'standby');
      world.server(2).attach('node3');
      return world;
    }
    const registerThird = (world: FakeCluster, options: string) =>
      runRepmgr(world, `standby register ${options}`, { nodeId: 3 });

    test('records that upstream', async () => {
      const world = cascade();
      const { status, stderr } = await registerThird(world, '--upstream-node-id=2');
      expect(status).toBe(0);
      expect(stderr).toBe('NOTICE: node "node3" (ID: 3) is registered as standby\n');
      expect(world.node(3)?.upstreamNodeId).toBe(2);
    });

    test('must not be the node itself', async () => {
      expect(await registerThird(cascade(), '--upstream-node-id=3 -F')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('is that of this node'),
      });
    });

    test('must be registered, or becomes a placeholder with --force', async () => {
      const world = cascade();
      expect((await registerThird(world, '--upstream-node-id=7')).status).toBe(1);
      const forced = await registerThird(world, '--upstream-node-id=7 -F --upstream-conninfo=host=node7');
      expect(forced.status).toBe(0);
      expect(world.node(7)).toMatchObject({
        active: false,
        type: 'standby',
        upstreamNodeId: 1,
        conninfo: 'host=node7',
        nodeName: '',
      });
      expect(world.node(3)?.upstreamNodeId).toBe(7);
    });

    test.each([
      ['inactive', 'is marked as inactive'],
      ['down', 'cannot be reached'],
      ['detached', 'is not attached on its upstream'],
    ])('is refused while it is %s, unless forced', async (how, problem) => {
      const world = cascade();
      if (how === 'inactive') world.change(2, { active: false });
      if (how === 'down') world.server(2).state = 'down';
      if (how === 'detached') world.server(2).replicationRows = [];
      expect(await registerThird(world, '--upstream-node-id=2')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(problem),
      });
      expect(world.node(3)).toBeUndefined();
      expect((await registerThird(world, '--upstream-node-id=2 -F')).status).toBe(0);
      expect(world.node(3)?.upstreamNodeId).toBe(2 as NodeId);
    });
  });

  describe('--wait-sync', () => {
    /** The standby has a copy of its own, which catches up after four seconds. */
    function lagging(): FakeCluster {
      const world = cluster();
      world.server(2).database = createFakeDatabase([nodeRecord(1)]);
      world.clock.onSleep = (nowMs) => {
        if (nowMs >= 4_000) world.server(2).database = world.database;
      };
      return world;
    }

    test('waits until the record has arrived', async () => {
      const world = lagging();
      expect((await register(world, '--wait-sync')).status).toBe(0);
      expect(world.clock.nowMs).toBe(4_000);
      expect(lastEvent(world)).toMatchObject({ event: 'standby_register_sync', successful: true });
    });

    test('ends with 20 when it has not in time', async () => {
      const world = lagging();
      expect((await register(world, '--wait-sync=2')).status).toBe(20);
      expect(lastEvent(world)).toMatchObject({ event: 'standby_register_sync', successful: false });
    });

    test('does not wait with 0', async () => {
      const world = lagging();
      expect((await register(world, '--wait-sync=0')).status).toBe(0);
      expect(world.clock.nowMs).toBe(0);
    });
  });

  test('completes the schema that the original extension made', async () => {
    const world = cluster();
    world.database.schema = { ownedByExtension: true, migration: 0 };
    expect((await register(world, '--dry-run')).stderr).toContain(
      'would complete the schema "repmgr" on the primary',
    );
    expect((await register(world)).status).toBe(0);
    expect(world.database.schema.migration).toBe(1);
    const locked = cluster();
    locked.database.schema = { ownedByExtension: true, migration: 0 };
    locked.server(1).roles.set('repmgr', { isSuperuser: false, mayCreate: false });
    expect(await register(locked)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('primary register --force'),
    });
  });

  test('reports a failed write as event and status 1, and leaves no half record', async () => {
    const world = cluster();
    const adapters = world.adapters();
    world.adapters = () => ({
      ...adapters,
      metadata: new Proxy(adapters.metadata, {
        get: (target, name) =>
          name === 'putDaemonAddress'
            ? () => Promise.reject(new QueryFailed('disk full'))
            : (Reflect.get(target, name) as unknown),
      }),
    });
    expect((await register(world)).status).toBe(1);
    expect(world.node(2)).toBeUndefined();
    expect(lastEvent(world)).toMatchObject({
      event: 'standby_register',
      successful: false,
      details: 'standby registration failed: disk full',
    });
  });

  test('gives JSON', async () => {
    const { stdout } = await register(cluster(), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      nodeId: 2,
      type: 'standby',
      upstreamNodeId: 1,
      existed: false,
    });
  });
});
