import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError, LocalCommandFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import { type FollowRequest, followUpstream } from '../../../src/operations/follow-upstream.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { LocalServer, ReplicationConfiguration } from '../../../src/ports/local-server.ts';
import { FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import type { FakeConnection } from '../../fakes/fake-server.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

let cluster: FakeCluster;
let calls: string[];
let isRunning: boolean;
let majorVersion: number;
let written: ReplicationConfiguration | undefined;
let reloadFails: boolean;
let startFails: boolean;
let serviceCommands: string[];

beforeEach(() => {
  cluster = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3)]);
  calls = [];
  isRunning = true;
  majorVersion = 15;
  written = undefined;
  reloadFails = false;
  startFails = false;
  serviceCommands = [];
});

const attach = (): void => cluster.server(2).attach('node3');

const localServer = partialPort<LocalServer>('LocalServer', {
  dataDirectory: '/data',
  majorVersion: async () => majorVersion,
  processState: async () =>
    isRunning ? { kind: 'running', pid: 1, statusLine: 'ready' } : { kind: 'absent' },
  hasServiceCommand: (action) => serviceCommands.includes(action),
  reload: async () => {
    calls.push('reload');
    if (reloadFails) throw new LocalCommandFailed('reload failed');
    attach();
  },
  restart: async () => {
    calls.push('restart');
    attach();
  },
  stop: async () => void calls.push('stop'),
  start: async () => {
    calls.push('start');
    if (startFails) throw new LocalCommandFailed('start failed');
    attach();
  },
  writeReplicationConfiguration: async (configuration) => {
    calls.push('configure');
    written = configuration;
  },
  autoConfValue: async () => undefined,
  writeStandbySignal: async () => void calls.push('standby.signal'),
});

function adapters(): Adapters {
  const base = cluster.adapters();
  return {
    ...base,
    metadata: Object.assign(Object.create(base.metadata) as typeof base.metadata, {
      recordStandby: async (_: unknown, nodeId: NodeId, upstreamNodeId: NodeId) => {
        cluster.change(nodeId, { type: 'standby', upstreamNodeId, active: true });
        return true;
      },
      setSlotName: async (_: unknown, nodeId: NodeId, slotName: string | null) => {
        cluster.change(nodeId, { slotName });
        return true;
      },
    }),
    inspector: {
      ...base.inspector,
      hasReplicationAttribute: async () => true,
      createPhysicalSlot: async (connection, slotName) => {
        calls.push(`create ${slotName} on ${(connection as FakeConnection).server.port - 55_200}`);
        return 'created';
      },
      dropSlot: async (connection, slotName) => {
        calls.push(`drop ${slotName} on ${(connection as FakeConnection).server.port - 55_200}`);
        return 'dropped';
      },
    },
  };
}

/** node3 is to follow node2; node1 is the primary. */
async function follow(
  settings: Parameters<typeof operationContext>[1] = {},
  request: Partial<FollowRequest> = {},
) {
  const context: FakeOperationContext = operationContext(adapters(), {
    node_id: 3,
    node_name: 'node3',
    ...settings,
  });
  const connect = async (id: number) => ({
    node: cluster.node(id) ?? nodeRecord(id),
    connection: await context.adapters.connections.connect(nodeRecord(id).conninfo),
  });
  const result = await followUpstream(context, {
    target: await connect(2),
    primary: await connect(1),
    localServer,
    slotRoles: {},
    keepFormerSlot: false,
    attachTimeoutMs: 5_000,
    ...request,
  });
  return { result, context };
}

describe('followUpstream', () => {
  it('configures before it reloads, and records the new upstream', async () => {
    const { result } = await follow();
    expect(calls).toEqual(['configure', 'standby.signal', 'reload']);
    expect(result).toMatchObject({
      activation: 'reloaded',
      slotName: null,
      attachment: { isAttached: true },
    });
    expect(written?.primaryConninfo).toContain('port=55202');
    expect(written?.primaryConninfo).toContain('application_name=node3');
    expect(cluster.node(3)).toMatchObject({ type: 'standby', upstreamNodeId: 2, active: true });
  });

  it('takes a slot out of the configuration that is no longer used', async () => {
    await follow();
    expect(written?.primarySlotName).toBeNull();
  });

  it('restarts before PostgreSQL 13', async () => {
    majorVersion = 12;
    expect((await follow()).result.activation).toBe('restarted');
    expect(calls).toContain('restart');
  });

  it('restarts where that is configured', async () => {
    expect((await follow({ standby_follow_restart: true })).result.activation).toBe('restarted');
  });

  it('restarts when the reload fails', async () => {
    reloadFails = true;
    const { result, context } = await follow();
    expect(result.activation).toBe('restarted');
    expect(context.records).toContainEqual(
      expect.objectContaining({ level: 'warning', detail: 'reload failed' }),
    );
  });

  it('stops and starts where only these commands are configured', async () => {
    majorVersion = 12;
    serviceCommands = ['stop', 'start'];
    await follow();
    expect(calls.slice(-2)).toEqual(['stop', 'start']);
  });

  it('starts a stopped server', async () => {
    isRunning = false;
    expect((await follow()).result.activation).toBe('started');
  });

  it('lets a former primary look for WAL more often than by default, where nobody has set that', async () => {
    isRunning = false;
    cluster.server(2).settings.set('wal_retrieve_retry_interval', '5s');
    await follow();
    expect(written?.walRetrieveRetryInterval).toBe('100ms');
    cluster.server(2).settings.set('wal_retrieve_retry_interval', '1s');
    await follow();
    expect(written).not.toHaveProperty('walRetrieveRetryInterval');
  });

  it('fails with NO_RESTART when the server does not start', async () => {
    isRunning = false;
    startFails = true;
    await expect(follow()).rejects.toMatchObject({ exit: 'NO_RESTART', detail: 'start failed' });
    expect(cluster.node(3)?.upstreamNodeId).toBe(1);
  });

  it('fails when this node is not registered', async () => {
    cluster.database.nodes = cluster.database.nodes.filter(({ nodeId }) => nodeId !== 3);
    await expect(follow()).rejects.toBeInstanceOf(ConfigurationError);
    expect(calls).toEqual([]);
  });

  it('tells, and does not fail, when the node does not stream in time', async () => {
    const idle = { ...localServer, dataDirectory: '/data', reload: async () => void calls.push('reload') };
    const { result } = await follow({}, { localServer: Object.assign(Object.create(localServer), idle) });
    expect(result.attachment).toMatchObject({ isAttached: false, state: 'absent', waitedMs: 5_000 });
  });
});

describe('followUpstream and slots', () => {
  it('creates the slot on the target first, and drops the former one last', async () => {
    cluster.change(3, { slotName: 'repmgr_slot_3' });
    const { result } = await follow();
    expect(calls).toEqual([
      'create repmgr_slot_3 on 2',
      'configure',
      'standby.signal',
      'reload',
      'drop repmgr_slot_3 on 1',
    ]);
    expect(written?.primarySlotName).toBe('repmgr_slot_3');
    expect(result.formerSlot).toBe('dropped');
  });

  it('records a slot name when slots are switched on later', async () => {
    await follow({ use_replication_slots: true });
    expect(cluster.node(3)?.slotName).toBe('repmgr_slot_3');
    expect(calls[0]).toBe('create repmgr_slot_3 on 2');
  });

  it('uses none when slots are switched off, though the record has one', async () => {
    cluster.change(3, { slotName: 'repmgr_slot_3' });
    const { result } = await follow({ use_replication_slots: false });
    expect(result.slotName).toBeNull();
    expect(written?.primarySlotName).toBeNull();
  });

  it('leaves the former slot where it is told to', async () => {
    cluster.change(3, { slotName: 'repmgr_slot_3' });
    expect((await follow({}, { keepFormerSlot: true })).result.formerSlot).toBe('kept');
    expect(calls).not.toContain('drop repmgr_slot_3 on 1');
  });

  it('only warns when the former upstream is gone', async () => {
    cluster.addServer(4, 'standby');
    cluster.database.nodes = [...cluster.database.nodes, nodeRecord(4)];
    cluster.change(3, { slotName: 'repmgr_slot_3', upstreamNodeId: 4 as NodeId });
    cluster.server(4).state = 'down';
    const { result, context } = await follow();
    expect(result.formerSlot).toBe('unreachable');
    expect(context.messages()).toContainEqual(
      expect.stringContaining('warning: replication slot "repmgr_slot_3"'),
    );
  });

  it('goes on with a slot that the node itself streams through already', async () => {
    cluster.change(3, { slotName: 'repmgr_slot_3', upstreamNodeId: 2 as NodeId });
    cluster.server(2).slots = [
      { slotName: 'repmgr_slot_3', slotType: 'physical', active: true, restartLsn: null, walStatus: null },
    ];
    cluster.server(2).attach('node3');
    const quiet = Object.assign(Object.create(localServer), {
      reload: async () => void calls.push('reload'),
    });
    const { result } = await follow({}, { localServer: quiet });
    expect(calls).toEqual(['configure', 'standby.signal', 'reload']);
    expect(result).toMatchObject({ slotName: 'repmgr_slot_3', formerSlot: 'none' });
  });
});
