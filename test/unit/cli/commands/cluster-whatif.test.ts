import { beforeEach, describe, expect, test } from 'vitest';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { NodeId } from '../../../../src/domain/node.ts';
import type { DaemonStatus } from '../../../../src/domain/peer-messages.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import { apiPortOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { daemonStatus } from '../../../fakes/fake-peers.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

let world: FakeCluster;

beforeEach(() => {
  world = new FakeCluster([nodeRecord(1), nodeRecord(2, { nodeName: 'pg-b' }), nodeRecord(3)]);
  for (const nodeId of [1, 2, 3]) daemon(nodeId);
  synchronous('ANY 1 (node1, pg-b, node3)');
});

function synchronous(names: string): void {
  for (const server of world.servers.values()) {
    server.settings.set('synchronous_standby_names', names);
    server.settings.set('synchronous_commit', 'on');
  }
}

/** LSNs come over the wire as PostgreSQL prints them. */
function daemon(nodeId: number, lsn = '0/5000000', changes: Partial<DaemonStatus> = {}): void {
  const isPrimary = nodeId === 1;
  const status = daemonStatus({
    nodeId,
    term: 4,
    role: isPrimary ? 'primary' : 'follower',
    phase: isPrimary ? 'writable' : null,
    primary: 1 as NodeId,
    voterIds: [1, 2, 3].map((id) => id as NodeId),
    configurationVersion: { term: 4, counter: 1 },
    position: { reignTerm: 4, lsn: lsn as unknown as Lsn },
    walEnd: { timeline: 2 as TimelineId, lsn: lsn as unknown as Lsn },
    leaseMs: 3_000,
    ...changes,
  });
  world.peers.daemons.set(apiPortOf(nodeId), { status });
}

const whatif = (options: string) => runRepmgr(world, `cluster whatif ${options}`, { nodeId: 2 });

describe('cluster whatif', () => {
  test('predicts the loss of the primary', async () => {
    const { status, stdout, stderr } = await whatif('--down=node1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'If the host of node1 (the primary) were lost now:',
      '',
      '  Majority    remains: 2 of 3 voters would answer, 2 are needed',
      '  Promotion   pg-b, after about 3.4 s (lease 3.0 s, election 0.3 s, promotion 0.1 s)',
      '              not node3: its WAL and its priority are those of pg-b, whose ID is lower',
      '  Data        losing nothing: commits wait for a standby that would remain',
      '  Clients     cannot write for about 3.4 s, then write to pg-b; open transactions are lost',
      '  Then        no further node could be lost before one is back',
      '',
      'If only PostgreSQL on node1 died, and the host with its repmgrd lived:',
      '  pg-b or node3, whichever answers first, takes over in about 0.5 s, losing nothing: a standby has all of the WAL and opens sooner than crash recovery would end',
      '',
      'As it is now:',
      '  Healthy. Can lose 1 node. A failover now would go to pg-b or node3, losing nothing, in about 0.5 s, or 3.4 s if the whole host of node1 is lost.',
      '',
    ]);
  });

  test('says how much an asynchronous cluster may lose, and what prevents that', async () => {
    synchronous('');
    daemon(2, '0/4FF0000');
    daemon(3, '0/4F00000');
    const { stdout } = await whatif('--down=1');
    expect(stdout).toContain('  Data        losing up to 64 kB of WAL; replication is asynchronous');
    expect(stdout).toContain('not node3: it lacks 983040 bytes of WAL that pg-b has');
    expect(stdout).toContain("synchronous_standby_names = 'ANY 1 (…)' on every node");
    expect(stdout).toContain(
      'it is started again in place, in about 0.7 s plus crash recovery: no standby provably has',
    );
  });

  test('asks a standby once more that seems to be behind', async () => {
    const requests = () => world.peers.requests.filter(({ port }) => port === apiPortOf(3)).length;
    await whatif('--down=1');
    expect(requests()).toBe(1);
    daemon(3, '0/4F00000');
    await whatif('--down=1');
    expect(requests()).toBe(3);
  });

  test('says that nothing happens when a standby is lost', async () => {
    const { stdout } = await whatif('--down=pg-b');
    expect(stdout).toContain('If the host of pg-b were lost now:');
    expect(stdout).toContain('  Primary     node1 goes on; nobody is promoted\n');
    expect(stdout).toContain('  Clients     notice nothing, unless they read from a lost node');
    expect(stdout).not.toContain('If only PostgreSQL');
  });

  test('says that commits would hang', async () => {
    synchronous('2 (pg-b, node3)');
    const { stdout } = await whatif('--down=pg-b');
    expect(stdout).toContain('wait in COMMIT for ever: 2 of pg-b, node3 must confirm, and fewer remain');
    expect(stdout).toContain('  Advice      list more standbys in synchronous_standby_names');
  });

  test('says what is missing where a majority is lost', async () => {
    const primary = await whatif('--down=node1,3');
    expect(primary.stdout).toContain('If the hosts of node1 (the primary) and node3 were lost now:');
    expect(primary.stdout).toContain('  Majority    is lost: 1 of 3 voters would answer, 2 are needed');
    expect(primary.stdout).toContain('  Promotion   nobody: only 1 of 3 voters would remain, 2 are needed');
    expect(primary.stdout).toContain(
      '  Advice      to be able to lose 2 nodes, run 5: add 2 nodes; one with priority=0 votes as well',
    );
    const standbys = await whatif('--down=2,3');
    expect(standbys.stdout).toContain('  Primary     node1 stops its PostgreSQL within 3.0 s');
  });

  test('reckons with who is silent already', async () => {
    world.peers.daemons.delete(apiPortOf(3));
    const { stdout } = await whatif('--down=node1');
    expect(stdout).toContain('  Advice      bring back the 1 voter that is silent already');
    expect(stdout).toContain('repmgrd of node3 does not answer (port 5481 refused)');
    expect((await whatif('--down=3')).stdout).toContain(
      'If the host of node3 (silent already) were lost now:',
    );
  });

  test('gives JSON', async () => {
    const { down, majority, outcome, candidates, afterwards } = JSON.parse(
      (await whatif('--down=1 --json')).stdout,
    );
    expect(down).toEqual([{ nodeId: 1, nodeName: 'node1' }]);
    expect(majority).toMatchObject({ voters: 3, needed: 2, remains: true });
    expect(outcome).toMatchObject({ kind: 'promoted', winner: 2, loss: { bytes: '0', isExcluded: true } });
    expect(candidates[0]).toMatchObject({ nodeName: 'pg-b', isElected: true });
    expect(afterwards).toMatchObject({ canLose: 0 });
  });

  test.each([
    ['', 1, '"cluster whatif" needs the nodes'],
    ['--down=', 1, '"cluster whatif" needs the nodes'],
    ['--down=node1,', 1, '"cluster whatif" needs the nodes'],
    ['--down=node9', 1, 'there is no node "node9"'],
  ])('refuses %j', async (options, exit, message) => {
    const { status, stderr } = await whatif(options);
    expect(status).toBe(exit);
    expect(stderr).toContain(message);
  });

  test('names the nodes that there are', async () => {
    expect((await whatif('--down=x')).stderr).toContain('node1 (ID: 1), pg-b (ID: 2), node3 (ID: 3)');
  });
});
