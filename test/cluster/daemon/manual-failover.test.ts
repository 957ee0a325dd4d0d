import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../../../lab/test-cluster.ts';

describe('with failover=manual', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await TestCluster.start({ settings: { failover: 'manual' } });
  });

  afterAll(async () => {
    await cluster.destroy();
  });

  it('the operator promotes and rejoins; the daemons take note', async () => {
    const [old, next, other] = cluster.nodes;
    if (old === undefined || next === undefined || other === undefined)
      throw new Error('three nodes are needed');
    await old.killHost();
    const status = await next.mustRepmgr(['service', 'status', '--csv']);
    expect(status.split('\n')[1]?.split(',')[6]).toBe('0');
    await next.mustRepmgr(['standby', 'promote']);
    await cluster.waitForStandbyStreaming(other, { primary: next });
    old.startDaemon();
    await cluster.waitForStandbyStreaming(old, { primary: next });
    expect(await cluster.waitUntilHealthy()).toBe(next);
    const promotions = (await cluster.events()).filter(({ event }) => event === 'standby_promote');
    expect(promotions.map(({ nodeId }) => nodeId)).toEqual([next.id]);
  });
});
