import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { ClusterNode } from '../../../lab/cluster-node.ts';
import type { TestCluster } from '../../../lab/test-cluster.ts';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

const maxConnections = 60;
const endSessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'repmgr'";

/** A server that refuses is alive: none of these is a reason to fail over. */
const leftAlone = { outageMs: () => 2_000, primary: 'stays', lostRows: 0 } as const;

export const connectionsExhausted: FaultScenario = {
  name: 'connections-exhausted',
  what: 'Superusers take every connection that the primary has, for two leases; all of repmgr are ended first.',
  actor: 'nobody: a server that is busy is alive',
  isShort: true,
  expected: { ...leftAlone, cause: /too many clients|connection slots|max_connections|53300/i },
  play: async (stage) => {
    const clients: pg.Client[] = [];
    await stage.strike(async () => {
      await takeAllConnections(stage, clients);
      await clients[0]?.query(endSessions);
      await takeAllConnections(stage, clients);
    });
    await stage.faultLasts(2 * stage.leaseMs);
    await stage.mend(() => Promise.all(clients.map((client) => client.end())));
  },
};

async function takeAllConnections({ primary }: FaultStage, clients: pg.Client[]): Promise<void> {
  for (let count = 0; count < maxConnections; count += 1) {
    const client = new pg.Client(primary.postgres.clientConfig());
    client.on('error', () => undefined);
    try {
      await client.connect();
      clients.push(client);
    } catch (error) {
      if ((error as { code?: string }).code === '53300') return;
      throw error;
    }
  }
}

/** What was let in before the change would stay in. */
async function endSessionsOfRepmgr(node: ClusterNode): Promise<void> {
  await node.postgres.query(endSessions);
}

export const passwordRotated: FaultScenario = {
  name: 'password-rotated',
  what: "The role's password is changed and its sessions are ended; for three leases no password file has the new one.",
  actor: 'nobody: a server that refuses a password is alive',
  expected: { ...leftAlone, attachedMs: 60_000, cause: /password authentication failed|28P01/i },
  prepare: async (cluster) => {
    await cluster.node(1).postgres.query("ALTER ROLE repmgr PASSWORD 'before'");
    writePasswordFiles(cluster, 'before');
    for (const node of cluster.nodes) await prependHba(node, 'scram-sha-256');
  },
  play: async (stage) => {
    const { cluster, primary } = stage;
    await stage.strike(async () => {
      await primary.postgres.query("ALTER ROLE repmgr PASSWORD 'after'");
      await Promise.all(cluster.nodes.map(endSessionsOfRepmgr));
    });
    await stage.faultLasts(3 * stage.leaseMs);
    await stage.mend(() => writePasswordFiles(cluster, 'after'));
  },
};

export const hbaBroken: FaultScenario = {
  name: 'hba-broken',
  what: 'A reload of pg_hba.conf on the primary locks out repmgr and replication for three leases; sessions are ended.',
  actor: 'nobody: a server that refuses is alive',
  isShort: true,
  expected: { ...leftAlone, cause: /pg_hba|28000/i },
  play: async (stage) => {
    const { primary } = stage;
    const file = join(primary.postgres.dataDirectory, 'pg_hba.conf');
    const before = readFileSync(file, 'utf8');
    await stage.strike(async () => {
      await prependHba(primary, 'reject');
      await endSessionsOfRepmgr(primary);
    });
    await stage.faultLasts(3 * stage.leaseMs);
    await stage.mend(async () => {
      writeFileSync(file, before);
      await primary.postgres.reload();
    });
  },
};

/** The first line that matches counts (manual 21.1). */
async function prependHba(node: ClusterNode, method: string): Promise<void> {
  const file = join(node.postgres.dataDirectory, 'pg_hba.conf');
  const lines = ['all', 'replication'].map((database) => `host ${database} repmgr 0.0.0.0/0 ${method}\n`);
  writeFileSync(file, `${lines.join('')}${readFileSync(file, 'utf8')}`);
  await node.postgres.reload();
}

function writePasswordFiles(cluster: TestCluster, password: string): void {
  for (const { machine } of cluster.nodes) {
    const file = join(machine.folder, '.pgpass');
    writeFileSync(file, `*:*:*:repmgr:${password}\n`, { mode: 0o600 });
    machine.giveToUser(file);
  }
}
