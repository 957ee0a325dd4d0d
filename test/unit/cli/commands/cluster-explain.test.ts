import { beforeEach, describe, expect, test } from 'vitest';
import type {
  DecisionRecord,
  DecisionsReply,
  DecisionsRequest,
} from '../../../../src/domain/decision-record.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { NodeId } from '../../../../src/domain/node.ts';
import type { DaemonStatus } from '../../../../src/domain/peer-messages.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import { apiPortOf, conninfoOf, FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { daemonStatus } from '../../../fakes/fake-peers.ts';
import { runRepmgr } from '../../../fakes/run-repmgr.ts';

// The clock of the fake host stands at 21:53:10 UTC.
const nowMs = Date.UTC(2026, 10, 22, 21, 53, 10);
const ago = (secs: number): string => new Date(nowMs - secs * 1_000).toISOString();

let world: FakeCluster;
let asked: DecisionsRequest[];

beforeEach(() => {
  world = new FakeCluster([nodeRecord(1), nodeRecord(2), nodeRecord(3)]);
  for (const server of world.servers.values()) {
    server.settings.set('synchronous_standby_names', 'ANY 1 (node2, node3)');
    server.settings.set('synchronous_commit', 'on');
  }
  asked = [];
  for (const nodeId of [1, 2, 3]) daemon(nodeId, []);
});

function statusOf(nodeId: number, changes: Partial<DaemonStatus> = {}): DaemonStatus {
  const isPrimary = nodeId === 1;
  return daemonStatus({
    nodeId,
    term: 4,
    role: isPrimary ? 'primary' : 'follower',
    phase: isPrimary ? 'writable' : null,
    primary: 1 as NodeId,
    voterIds: [1, 2, 3].map((id) => id as NodeId),
    configurationVersion: { term: 4, counter: 1 },
    position: { reignTerm: 4, lsn: 0x5000000n as Lsn },
    walEnd: { timeline: 2 as TimelineId, lsn: 0x5000000n as Lsn },
    leaseMs: 3_000,
    explanation: isPrimary
      ? 'elected in term 4 by nodes 1, 2'
      : 'nothing has happened since this daemon started',
    ...changes,
  });
}

function daemon(
  nodeId: number,
  decisions: readonly DecisionRecord[],
  options: {
    readonly aheadMs?: number;
    readonly before?: DecisionRecord;
    readonly status?: Partial<DaemonStatus>;
  } = {},
): void {
  const { aheadMs = 0, before = null, status = {} } = options;
  world.peers.daemons.set(apiPortOf(nodeId), {
    status: statusOf(nodeId, status),
    answer: (message, body): DecisionsReply | undefined => {
      if (message !== 'decisions') return undefined;
      asked.push(body as DecisionsRequest);
      const now = new Date(nowMs + aheadMs).toISOString();
      return { nodeId: nodeId as NodeId, nodeName: `node${nodeId}`, now, decisions, before };
    },
  });
}

function decision(
  nodeId: number,
  at: string,
  text: string,
  more: Partial<DecisionRecord> = {},
): DecisionRecord {
  return {
    sequence: 1,
    nodeId: nodeId as NodeId,
    at,
    term: 4,
    kind: 'decided',
    rule: '§5',
    text,
    evidence: {},
    alternatives: [],
    changedBy: null,
    times: 1,
    lastAt: at,
    ...more,
  };
}

function aHandover(): void {
  daemon(2, [
    decision(2, ago(600), 'PostgreSQL has crashed: assessing', { kind: 'observed' }),
    decision(2, ago(599.9), 'handover: a standby has all of the WAL', {
      alternatives: [{ action: 'hand over to node 3', whyNot: 'it did not answer' }],
      evidence: { redoBytes: 12 },
    }),
  ]);
  daemon(1, [decision(1, ago(599.6), 'elected in term 4 by nodes 1, 2', { rule: '§6.6' })]);
}

const explain = (options = '') => runRepmgr(world, `cluster explain ${options}`, { nodeId: 2 });

describe('cluster explain', () => {
  test('says how the cluster is, and how it came to this', async () => {
    aHandover();
    world.database.events = [
      {
        nodeId: 3,
        event: 'standby_failure',
        successful: true,
        details: 'it was gone',
        timestamp: '2026-11-22 21:43:11',
      },
    ];
    const { status, stdout, stderr } = await explain();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.replaceAll(/\d\d:\d\d:\d\d/g, 'HH:MM:SS').split('\n')).toEqual([
      'Healthy. Can lose 1 node. A failover now would go to node2 or node3, losing nothing, in about 0.5 s, or 3.4 s if the whole host of node1 is lost.',
      '',
      '  node1 (ID: 1): primary in term 4; last decision: elected in term 4 by node1, node2',
      '  node2 (ID: 2): standby, primary is node1',
      '  node3 (ID: 3): standby, primary is node1',
      '',
      expect.stringMatching(/^How it came to this, on 2026-11-2\d:$/),
      'In short: At HH:MM:SS node2 saw: PostgreSQL has crashed. node2 chose to hand over: a standby has all of the WAL. node1 was elected in term 4 at HH:MM:SS, 0.4 s later.',
      '',
      '  HH:MM:SS.000  node2  saw       PostgreSQL has crashed: assessing [§5]',
      '  HH:MM:SS.100  node2  decided   handover: a standby has all of the WAL [§5]',
      '                                 not: hand over to node3, because it did not answer',
      '  HH:MM:SS.400  node1  decided   elected in term 4 by node1, node2 [§6.6]',
      '  HH:MM:SS.000  node3  event     standby_failure: it was gone',
      '',
    ]);
  });

  test('asks everybody for the time around --at, in ages', async () => {
    aHandover();
    const { stdout } = await explain(`--verbose --at=${ago(600)}`);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toEqual({ sinceAgoMs: 720_000, untilAgoMs: 420_000, limit: 200 });
    expect(stdout).toMatch(/^Around 2026-11-2\d/);
    expect(stdout).toContain('evidence: redoBytes=12');
    expect(stdout).toContain('Now: Healthy. Can lose 1 node.');
  });

  test('understands a time as people say it', async () => {
    const result = await runRepmgrWith(['cluster', 'explain', '--at', '10 min ago']);
    expect(result.status).toBe(0);
    expect(asked[0]).toMatchObject({ sinceAgoMs: 720_000 });
  });

  test.each(['soon', '2030-01-01'])('refuses --at=%s', async (at) => {
    const { status, stderr } = await explain(`--at=${at}`);
    expect(status).toBe(1);
    expect(stderr).toContain(`--at "${at}"`);
    expect(stderr).toContain('10 min ago');
  });

  test('says that nothing happened, and what was last', async () => {
    daemon(1, [], { before: decision(1, ago(9_000), 'elected in term 4 by nodes 1, 2') });
    const { stdout } = await explain(`--at=${ago(600)}`);
    expect(stdout).toContain('Nothing was decided and no event was recorded');
    expect(stdout).toMatch(/ {2}node1, 2026-11-2\d .*: elected in term 4 by node1, node2/);
    expect(stdout).toContain('Note: Nothing is known of what node2 and node3 decided before that time');
  });

  test('names whoever is silent, and tells its events', async () => {
    world.peers.daemons.delete(apiPortOf(3));
    world.server(3).state = 'down';
    world.database.events = [
      {
        nodeId: 3,
        event: 'repmgrd_fence',
        successful: true,
        details: 'PostgreSQL is being stopped',
        timestamp: '2026-11-22 21:43:11',
      },
    ];
    const { status, stdout } = await explain();
    expect(status).toBe(0);
    expect(stdout).toContain('Works, but neither repmgrd nor PostgreSQL of node3 answers. Can lose no node');
    expect(stdout).toContain('  - neither repmgrd nor PostgreSQL of node3 answers (port 5481 refused)');
    expect(stdout).toContain(
      'node3 (ID: 3): repmgrd is silent (port 5481 refused); its PostgreSQL is silent as well',
    );
    expect(stdout).toContain('node3  event     repmgrd_fence: PostgreSQL is being stopped');
    expect(stdout).toContain(
      'Note: What node3 decided is known by recorded events only: its repmgrd does not answer.',
    );
  });

  test('shows that a clock differs, and puts its times right', async () => {
    aHandover();
    daemon(3, [decision(3, ago(569.8), 'voted for node 1 in term 4', { rule: '§6.5' })], { aheadMs: 30_000 });
    const { stdout } = await explain();
    expect(stdout).toContain('Note: The clock of node3 is 30.0 s ahead of that of this host.');
    const lines = stdout.split('\n');
    const voted = lines.findIndex((line) => line.includes('voted for node1'));
    expect(lines[voted - 1]).toContain('not: hand over to node3');
    expect(lines[voted + 1]).toContain('elected in term 4');
  });

  test('works without any database, by what this node remembers', async () => {
    for (const server of world.servers.values()) server.state = 'down';
    const voters = [1, 2, 3].map((nodeId) => ({
      nodeId,
      nodeName: `node${nodeId}`,
      host: '127.0.0.1',
      port: apiPortOf(nodeId),
      conninfo: conninfoOf(nodeId),
    }));
    world.files.set('/data/node2.repmgr/voter-state.json', JSON.stringify({ configuration: { voters } }));
    world.files.set('/data/node2.repmgr/cluster-key', `${world.peers.clusterKey}\n`);
    aHandover();
    const { status, stdout } = await explain();
    expect(status).toBe(0);
    expect(stdout).toContain('node2 chose to hand over');
    expect(stdout).toContain('Note: The database of this node does not answer (');
    expect(stdout).toContain('Note: No database could be asked for recorded events.');
  });

  test.each([undefined, 'no JSON', '{"configuration":null}'])(
    'ends as other commands do when nothing names the nodes (%s)',
    async (state) => {
      world.server(2).state = 'down';
      if (state !== undefined) world.files.set('/data/node2.repmgr/voter-state.json', state);
      const { status, stderr } = await explain();
      expect(status).toBe(6);
      expect(stderr).toContain('the database of this node, "node2" (ID: 2), cannot be reached');
    },
  );

  test('gives all of it as JSON', async () => {
    aHandover();
    const { verdict, nodes, summary, story } = JSON.parse((await explain('--json')).stdout);
    expect(verdict).toMatchObject({ health: 'healthy', canLose: 1, problems: [] });
    expect(nodes[0]).toMatchObject({
      nodeId: 1,
      role: 'primary',
      term: 4,
      postgres: 'primary',
      silence: null,
    });
    expect(summary.outcome).toMatchObject({ nodeId: 1, at: ago(599.6), rule: '§6.6' });
    expect(story[1]).toMatchObject({ nodeId: 2, evidence: { redoBytes: 12 } });
  });
});

/** For options with spaces in them. */
function runRepmgrWith(argv: readonly string[]) {
  const nonBreaking = '\u00a0';
  return runRepmgr(world, argv.map((word) => word.replaceAll(' ', nonBreaking)).join(' '), { nodeId: 2 });
}
