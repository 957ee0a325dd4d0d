import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../../../lab/test-cluster.ts';

const repmgr = '"$TMPDIR"/../bin/repmgr -f "$TMPDIR"/repmgr.conf';

describe('promote_command and follow_command', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await TestCluster.start({
      settings: { follow_command: `${repmgr} standby follow --upstream-node-id=%n` },
      settingsOf: {
        2: { promote_command: 'echo "not here" >&2; exit 7' },
        3: { promote_command: `${repmgr} standby promote` },
      },
    });
  });

  afterAll(async () => {
    await cluster.destroy();
  });

  it('make the failover; where promoting fails the next candidate takes over', async () => {
    const sinceMs = Date.now();
    await cluster.node(1).killHost();
    const winner = await cluster.waitForPrimary({ except: cluster.node(1) });
    expect(winner.name).toBe('node3');
    expect(cluster.node(2).daemonLogTail(200)).toContain('not here');
    await cluster.waitForStandbyStreaming(cluster.node(2), { primary: winner });
    const followed = { nodeId: 2, sinceMs };
    expect((await cluster.waitForEvent(['standby_follow'], followed)).successful).toBe(true);
    await cluster.waitForEvent(['repmgrd_failover_follow'], followed);
    await cluster.waitForEvent(['repmgrd_failover_promote'], { nodeId: 3, sinceMs });
    const promotions = (await cluster.events()).filter(({ event }) => event === 'standby_promote');
    expect(promotions.map(({ nodeId }) => nodeId)).toEqual([3]);
  });
});
