import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { NodeRecord } from '../../../src/domain/node.ts';
import { planCloneSlot } from '../../../src/operations/clone-slot.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { Connection } from '../../../src/ports/connection.ts';
import type { ReplicationSlot } from '../../../src/ports/server-inspector.ts';
import { conninfoOf, FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import type { FakeConnection, FakeServer } from '../../fakes/fake-server.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';

let cluster: FakeCluster;
let context: FakeOperationContext;
const abort = { controller: new AbortController() };

const serverOf = (connection: Connection): FakeServer => (connection as FakeConnection).server;
const slot = (slotName: string, active = false): ReplicationSlot => ({
  slotName,
  slotType: 'physical',
  active,
  restartLsn: null,
  walStatus: null,
});

/** The fakes, able to make and drop slots. */
function adaptersWithSlots(): Adapters {
  const base = cluster.adapters();
  return {
    ...base,
    inspector: {
      ...base.inspector,
      isSuperuser: async () => true,
      hasReplicationAttribute: async () => true,
      createPhysicalSlot: async (connection, slotName) => {
        const server = serverOf(connection);
        if (server.slots.some((present) => present.slotName === slotName)) return 'reused';
        server.slots = [...server.slots, slot(slotName)];
        return 'created';
      },
      dropSlot: async (connection, slotName) => {
        const server = serverOf(connection);
        const present = server.slots.find((candidate) => candidate.slotName === slotName);
        if (present === undefined) return 'absent';
        if (present.active) return 'active';
        server.slots = server.slots.filter((candidate) => candidate !== present);
        return 'dropped';
      },
    },
  };
}

beforeEach(() => {
  cluster = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
  abort.controller = new AbortController();
  context = operationContext(adaptersWithSlots(), {}, abort.controller.signal);
});

async function planOn(sourceId: number, upstream: NodeRecord | null) {
  const source = await context.adapters.connections.connect(conninfoOf(sourceId));
  return planCloneSlot(context, { slotName: 'repmgr_slot_3', source, roles: {}, upstream });
}

const names = (nodeId: number): string[] => cluster.server(nodeId).slots.map(({ slotName }) => slotName);

describe('the slot of a clone', () => {
  it('is made on the source and dropped when the clone is given up', async () => {
    const plan = await planOn(1, nodeRecord(1));
    await plan.create();
    expect(names(1)).toEqual(['repmgr_slot_3']);
    await plan.release();
    expect(names(1)).toEqual([]);
  });

  it('is dropped although the operation was cancelled', async () => {
    const plan = await planOn(1, nodeRecord(1));
    await plan.create();
    abort.controller.abort();
    await plan.release();
    expect(names(1)).toEqual([]);
  });

  it('stays when it was there before', async () => {
    cluster.server(1).slots = [slot('repmgr_slot_3')];
    const plan = await planOn(1, nodeRecord(1));
    await plan.create();
    await plan.release();
    expect(names(1)).toEqual(['repmgr_slot_3']);
  });

  it('is waited for while the WAL sender of the copy still holds it', async () => {
    const plan = await planOn(1, nodeRecord(1));
    await plan.create();
    cluster.server(1).slots = [slot('repmgr_slot_3', true)];
    cluster.clock.onSleep = (nowMs) => {
      if (nowMs >= 300) cluster.server(1).slots = [slot('repmgr_slot_3')];
    };
    await plan.release();
    expect(names(1)).toEqual([]);
  });

  it('is left with a warning when it is held for ever', async () => {
    const plan = await planOn(1, nodeRecord(1));
    await plan.create();
    cluster.server(1).slots = [slot('repmgr_slot_3', true)];
    await plan.release();
    expect(context.records.at(-1)).toMatchObject({
      level: 'warning',
      hint: expect.stringContaining('pg_drop_replication_slot'),
    });
  });

  it('is not moved when source and upstream are the same server', async () => {
    const plan = await planOn(1, nodeRecord(1));
    await plan.create();
    await plan.moveToUpstream();
    expect(names(1)).toEqual(['repmgr_slot_3']);
  });

  it('moves to the upstream when that is another server', async () => {
    const plan = await planOn(2, nodeRecord(1));
    await plan.create();
    expect([names(1), names(2)]).toEqual([[], ['repmgr_slot_3']]);
    await plan.moveToUpstream();
    expect([names(1), names(2)]).toEqual([['repmgr_slot_3'], []]);
  });

  it('stays on the source, with a warning, when the upstream is down or unknown', async () => {
    const plan = await planOn(2, nodeRecord(1));
    await plan.create();
    cluster.server(1).state = 'down';
    await plan.moveToUpstream();
    expect(names(2)).toEqual(['repmgr_slot_3']);
    await (await planOn(2, null)).moveToUpstream();
    expect(context.records.map(({ level }) => level)).toEqual(['warning', 'warning']);
  });

  it('fails with the reason when it can not be made', async () => {
    context = operationContext({
      ...context.adapters,
      inspector: {
        ...context.adapters.inspector,
        createPhysicalSlot: async () => {
          throw new ConnectionFailed('connection lost');
        },
      },
    });
    const plan = await planOn(1, nodeRecord(1));
    await expect(plan.create()).rejects.toMatchObject({ exit: 'DB_QUERY', detail: 'connection lost' });
  });
});
