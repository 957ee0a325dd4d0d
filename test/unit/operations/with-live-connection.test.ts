import { beforeEach, describe, expect, it } from 'vitest';
import { withLiveConnection } from '../../../src/operations/with-live-connection.ts';
import type { Connection } from '../../../src/ports/connection.ts';
import { conninfoOf, FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';

let cluster: FakeCluster;
let context: FakeOperationContext;
let connection: Connection;

beforeEach(async () => {
  cluster = new FakeCluster([nodeRecord(1)]);
  context = operationContext(cluster.adapters());
  connection = await context.adapters.connections.connect(conninfoOf(1));
});

describe('withLiveConnection', () => {
  it('works with a connection that answers, and leaves it open', async () => {
    expect(await withLiveConnection(context, connection, async (live) => live)).toBe(connection);
    expect(connection.isOpen()).toBe(true);
  });

  it('opens a new one for a closed one, and closes it afterwards', async () => {
    await connection.close();
    const used = await withLiveConnection(context, connection, async (live) => {
      expect(live?.isOpen()).toBe(true);
      return live;
    });
    expect(used).not.toBe(connection);
    expect(used?.isOpen()).toBe(false);
  });

  it('does so for one that no longer answers', async () => {
    cluster.server(1).brokenQuestions.add('recoveryState');
    const used = await withLiveConnection(context, connection, async (live) => live);
    expect(used).not.toBe(connection);
    expect(connection.isOpen()).toBe(false);
  });

  it('says when the server is gone', async () => {
    await connection.close();
    cluster.server(1).state = 'down';
    expect(await withLiveConnection(context, connection, async (live) => live)).toBeUndefined();
  });
});
