import { beforeEach, describe, expect, test } from 'vitest';
import type { OpeningVerdict } from '../../../../src/domain/peer-messages.ts';
import { apiPortOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { daemonStatus } from '../../../fakes/fake-peers.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

const state = '/data/node1.repmgr';
const signal = '/data/node1/standby.signal';
let world: FakeCluster;

interface Stored {
  readonly voters?: number;
  readonly paused?: boolean;
}

/** What the voter of node 1 stored last: it reigned in term 4. */
function remember({ voters = 3, paused = false }: Stored = {}): void {
  const ids = Array.from({ length: voters }, (_, index) => index + 1);
  const content = {
    intent: 'primary',
    endedReigns: [],
    reigns: [{ term: 4, nodeId: 1, timeline: 2, parentTimeline: 1, forkLsn: '0/3000000' }],
    configuration: {
      paused,
      manual: false,
      voters: ids.map((nodeId) => ({ nodeId, host: '127.0.0.1', port: apiPortOf(nodeId) })),
    },
  };
  world.files.set(`${state}/voter-state.json`, JSON.stringify(content));
}

/** The daemon of node 1 answers. */
function answer(opening: OpeningVerdict | undefined): void {
  const status = daemonStatus({ nodeId: 1 });
  world.peers.daemons.set(apiPortOf(1), {
    status: opening === undefined ? status : { ...status, opening },
  });
}

beforeEach(() => {
  world = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3)]);
  world.controlData = {};
  world.files.set(`${state}/cluster-key`, `${world.peers.clusterKey}\n`);
  remember();
});

const guard = (options = '') => runRepmgr(world, `node guard ${options}`, { nodeId: 1 });

describe('node guard', () => {
  test('lets PostgreSQL start as it is under a lease', async () => {
    answer({ mayOpen: 'yes', reason: 'under the lease of term 4' });
    expect((await guard()).status).toBe(0);
    expect(world.files.has(signal)).toBe(false);
  });

  test.each([
    ['no daemon answers', () => {}],
    ['its daemon has no lease', () => answer({ mayOpen: 'no', reason: 'node 2 is the primary' })],
    ['its daemon is of an earlier release', () => answer(undefined)],
    ['its daemon does not decide in time', () => answer({ mayOpen: 'undecided', reason: 'not yet' })],
    ['the cluster key is lost', () => world.files.delete(`${state}/cluster-key`)],
    ['the key is another one', () => world.files.set(`${state}/cluster-key`, 'cd'.repeat(32))],
    ['the state cannot be understood', () => world.files.set(`${state}/voter-state.json`, '{"term":')],
    ['the state is another file', () => world.files.set(`${state}/voter-state.json`, '{"reigns":[]}')],
  ])('makes it start in recovery, with status 0, when %s', async (_, prepare) => {
    prepare();
    const { status, stderr } = await guard();
    expect(status).toBe(0);
    expect(world.files.has(signal)).toBe(true);
    expect(stderr).toContain('NOTICE: PostgreSQL is to start in recovery (standby.signal was written)');
  });

  test('waits no longer than told for a daemon that is about to decide', async () => {
    answer({ mayOpen: 'undecided', reason: 'not yet' });
    await guard('--wait=1');
    expect(world.clock.nowMs).toBe(1_000);
  });

  test('takes the decision that comes meanwhile', async () => {
    answer({ mayOpen: 'undecided', reason: 'not yet' });
    world.clock.onSleep = () => answer({ mayOpen: 'yes', reason: 'its repmgrd starts it' });
    await guard();
    expect(world.files.has(signal)).toBe(false);
  });

  test('changes nothing with --dry-run', async () => {
    const { status, stderr } = await guard('--dry-run');
    expect(status).toBe(0);
    expect(stderr).toContain('would write standby.signal');
    expect(world.files.has(signal)).toBe(false);
  });

  test('gives JSON', async () => {
    expect(JSON.parse((await guard('--json')).stdout)).toMatchObject({
      action: 'recover',
      start: 'open',
      dryRun: false,
    });
  });

  test('leaves a node alone that never voted, and asks nobody', async () => {
    world.files.delete(`${state}/voter-state.json`);
    world.files.delete(`${state}/cluster-key`);
    expect((await guard()).status).toBe(0);
    expect(world.files.has(signal)).toBe(false);
    expect(world.peers.requests).toEqual([]);
  });

  test('opens the only voter of a cluster at once', async () => {
    remember({ voters: 1 });
    expect((await guard()).status).toBe(0);
    expect(world.files.has(signal)).toBe(false);
  });

  test('asks the other voters when failover is paused', async () => {
    remember({ paused: true });
    const reigns = JSON.parse(world.files.get(`${state}/voter-state.json`) ?? '').reigns;
    world.peers.daemons.set(apiPortOf(2), { status: daemonStatus({ nodeId: 2, paused: true, reigns }) });
    await guard();
    expect(world.files.has(signal)).toBe(false);
  });

  test('prevents the start where there is no data directory', async () => {
    world.controlData = undefined;
    expect((await guard()).status).toBe(1);
  });

  test('prevents the start without a configuration file', async () => {
    expect((await runRepmgr(world, 'node guard', { nodeId: 0 })).status).toBe(1);
  });

  test('prevents the start when standby.signal cannot be written', async () => {
    world.isDiskFull = true;
    const { status, stderr } = await guard();
    expect(status).toBe(4);
    expect(stderr).toContain('without it PostgreSQL would accept writes');
  });

  test('prevents the start of a half-rewound directory', async () => {
    world.files.set(`${state}/rewind-in-progress.json`, '{"primaryNodeId":2}');
    expect((await guard()).status).toBe(24);
    expect(world.files.has(signal)).toBe(false);
  });

  test('has nothing to say about a server that runs', async () => {
    world.postmaster = { kind: 'running', pid: 7, statusLine: 'ready' };
    world.files.set(`${state}/rewind-in-progress.json`, '{}');
    expect((await guard()).status).toBe(0);
    expect(world.files.has(signal)).toBe(false);
  });
});
