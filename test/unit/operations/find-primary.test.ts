import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../../src/domain/errors/repmgr-error.ts';
import { findPrimary } from '../../../src/operations/find-primary.ts';
import { conninfoOf, FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import { operationContext } from '../../fakes/operation-context.ts';

async function search(cluster: FakeCluster, from = 2) {
  const context = operationContext(cluster.adapters());
  const metadata = await context.adapters.connections.connect(conninfoOf(from));
  return findPrimary(context, metadata);
}

describe('findPrimary', () => {
  it('finds the recorded primary, and leaves its connection open', async () => {
    const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3)]);
    const found = await search(cluster);
    expect(found?.node.nodeId).toBe(1);
    expect(found?.connection.isOpen()).toBe(true);
    const others = cluster.connections.filter((connection) => connection !== found?.connection).slice(1);
    expect(others.every((connection) => !connection.isOpen())).toBe(true);
  });

  it('finds a promoted standby when the recorded primary is gone', async () => {
    const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3)]);
    cluster.server(1).state = 'down';
    cluster.server(3).recoveryState = 'primary';
    expect((await search(cluster))?.node.nodeId).toBe(3);
  });

  it('finds none among standbys', async () => {
    const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
    cluster.server(1).recoveryState = 'standby';
    expect(await search(cluster)).toBeUndefined();
  });

  it('asks neither inactive nodes nor witnesses', async () => {
    const witness = nodeRecord(3, { type: 'witness' });
    const cluster = new FakeCluster([nodeRecord(1, { active: false }), nodeRecord(2), witness]);
    cluster.server(3).recoveryState = 'primary';
    expect(await search(cluster)).toBeUndefined();
    expect(cluster.connections).toHaveLength(2);
  });

  it('passes over a node that gives an error for an answer', async () => {
    const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3)]);
    cluster.server(1).brokenQuestions.add('recoveryState');
    cluster.server(3).recoveryState = 'primary';
    expect((await search(cluster))?.node.nodeId).toBe(3);
  });

  it('does not take being cancelled for an answer', async () => {
    const cluster = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
    cluster.server(1).state = 'down';
    const context = operationContext(cluster.adapters(), {}, AbortSignal.abort());
    const metadata = await context.adapters.connections.connect(conninfoOf(2));
    await expect(findPrimary(context, metadata)).rejects.toBeInstanceOf(Cancelled);
  });
});
