import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresInstance } from '../../../lab/postgres-instance.ts';
import { OperationFailed, QueryFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { Lsn } from '../../../src/domain/lsn.ts';
import type { NodeId, NodeRecord } from '../../../src/domain/node.ts';
import { createMetadataStore } from '../../../src/metadata/metadata-store.ts';
import type { Connection } from '../../../src/ports/connection.ts';
import { createConnectionFactory } from '../../../src/postgres/connection/create-connection-factory.ts';
import { createServersUnderTest, type ServersUnderTest } from './adapters-fixture.ts';

const id = (number: number): NodeId => number as NodeId;

function node(nodeId: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    nodeId: id(nodeId),
    upstreamNodeId: null,
    active: true,
    nodeName: `node${nodeId}`,
    type: 'standby',
    location: 'default',
    priority: 100,
    conninfo: `host=node${nodeId}`,
    replicationUser: 'repmgr',
    slotName: null,
    configFile: '/etc/repmgr.conf',
    ...changes,
  };
}

describe('the metadata store on a real server', () => {
  const store = createMetadataStore();
  let servers: ServersUnderTest;
  let server: PostgresInstance;
  let connection: Connection;
  const connect = (user = 'postgres'): Promise<Connection> =>
    createConnectionFactory().connect(server.conninfo('postgres', user));

  beforeAll(async () => {
    servers = createServersUnderTest();
    server = await servers.newServer('primary');
    await server.query('CREATE ROLE plain LOGIN');
  });
  afterAll(() => servers.remove());

  beforeEach(async () => {
    await server.query('DROP SCHEMA IF EXISTS repmgr CASCADE');
    connection = await connect();
    return () => connection.close();
  });

  describe('the schema', () => {
    it('has the columns of repmgr 5.5', async () => {
      await store.migrate(connection);
      const rows = await server.query(
        `SELECT table_name || '.' || column_name || ' ' || data_type
                || coalesce('(' || character_maximum_length || ')', '')
                || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
                || coalesce(' DEFAULT ' || column_default, '') AS line
           FROM information_schema.columns
          WHERE table_schema = 'repmgr'
            AND table_name IN ('nodes', 'events', 'monitoring_history', 'voting_term',
                               'show_nodes', 'replication_status')
          ORDER BY table_name, ordinal_position`,
      );
      expect(rows.map((row) => row['line'])).toMatchInlineSnapshot(`
        [
          "events.node_id integer NOT NULL",
          "events.event text NOT NULL",
          "events.successful boolean NOT NULL DEFAULT true",
          "events.event_timestamp timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP",
          "events.details text",
          "monitoring_history.primary_node_id integer NOT NULL",
          "monitoring_history.standby_node_id integer NOT NULL",
          "monitoring_history.last_monitor_time timestamp with time zone NOT NULL",
          "monitoring_history.last_apply_time timestamp with time zone",
          "monitoring_history.last_wal_primary_location pg_lsn NOT NULL",
          "monitoring_history.last_wal_standby_location pg_lsn",
          "monitoring_history.replication_lag bigint NOT NULL",
          "monitoring_history.apply_lag bigint NOT NULL",
          "nodes.node_id integer NOT NULL",
          "nodes.upstream_node_id integer",
          "nodes.active boolean NOT NULL DEFAULT true",
          "nodes.node_name text NOT NULL",
          "nodes.type text NOT NULL",
          "nodes.location text NOT NULL DEFAULT 'default'::text",
          "nodes.priority integer NOT NULL DEFAULT 100",
          "nodes.conninfo text NOT NULL",
          "nodes.repluser character varying(63) NOT NULL",
          "nodes.slot_name text",
          "nodes.config_file text NOT NULL",
          "replication_status.primary_node_id integer",
          "replication_status.standby_node_id integer",
          "replication_status.standby_name text",
          "replication_status.node_type text",
          "replication_status.active boolean",
          "replication_status.last_monitor_time timestamp with time zone",
          "replication_status.last_wal_primary_location pg_lsn",
          "replication_status.last_wal_standby_location pg_lsn",
          "replication_status.replication_lag text",
          "replication_status.replication_time_lag interval",
          "replication_status.apply_lag text",
          "replication_status.communication_time_lag interval",
          "show_nodes.node_id integer",
          "show_nodes.node_name text",
          "show_nodes.active boolean",
          "show_nodes.upstream_node_id integer",
          "show_nodes.upstream_node_name text",
          "show_nodes.type text",
          "show_nodes.priority integer",
          "show_nodes.conninfo text",
          "voting_term.term integer NOT NULL",
        ]
      `);
    });

    it('has the constraints, indexes and rules of repmgr 5.5', async () => {
      await store.migrate(connection);
      const constraints = await server.query(
        `SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) AS line FROM pg_constraint
          WHERE connamespace = 'repmgr'::regnamespace
            AND conrelid::regclass::text IN ('repmgr.nodes', 'repmgr.events', 'repmgr.voting_term')
          ORDER BY 1`,
      );
      expect(constraints.map((row) => row['line'])).toMatchInlineSnapshot(`
        [
          "repmgr.nodes: CHECK ((type = ANY (ARRAY['primary'::text, 'standby'::text, 'witness'::text, 'bdr'::text])))",
          "repmgr.nodes: FOREIGN KEY (upstream_node_id) REFERENCES repmgr.nodes(node_id) DEFERRABLE",
          "repmgr.nodes: PRIMARY KEY (node_id)",
        ]
      `);
      const indexes = await server.query(
        `SELECT indexdef FROM pg_indexes WHERE schemaname = 'repmgr'
            AND tablename IN ('nodes', 'events', 'monitoring_history', 'voting_term') ORDER BY indexname`,
      );
      expect(indexes.map((row) => row['indexdef'])).toMatchInlineSnapshot(`
        [
          "CREATE INDEX idx_monitoring_history_time ON repmgr.monitoring_history USING btree (last_monitor_time, standby_node_id)",
          "CREATE UNIQUE INDEX nodes_pkey ON repmgr.nodes USING btree (node_id)",
          "CREATE UNIQUE INDEX voting_term_restrict ON repmgr.voting_term USING btree ((true))",
        ]
      `);
      await server.query('INSERT INTO repmgr.voting_term VALUES (1)');
      await server.query('DELETE FROM repmgr.voting_term');
      expect(await server.query('SELECT term FROM repmgr.voting_term')).toEqual([{ term: 1 }]);
      await expect(server.query('INSERT INTO repmgr.voting_term VALUES (2)')).rejects.toThrow(/restrict/);
    });

    it('is reported absent, then present', async () => {
      expect(await store.schemaState(connection)).toEqual({ kind: 'absent' });
      await server.query('CREATE SCHEMA repmgr');
      expect(await store.schemaState(connection)).toEqual({ kind: 'absent' });
      expect(await store.migrate(connection)).toEqual({ created: true, migration: 2 });
      expect(await store.schemaState(connection)).toEqual({
        kind: 'present',
        ownedByExtension: false,
        migration: 2,
      });
      expect(await store.migrate(connection)).toEqual({ created: false, migration: 2 });
    });

    it('is created once by many at the same time', async () => {
      const connections = await Promise.all(Array.from({ length: 8 }, () => connect()));
      const results = await Promise.all(connections.map((each) => store.migrate(each)));
      expect(results.filter((result) => result.created)).toHaveLength(1);
      await Promise.all(connections.map((each) => each.close()));
    });

    it('of the original extension is kept and completed', async () => {
      await store.migrate(connection);
      await server.query('DROP TABLE repmgr.daemons, repmgr.cluster_key, repmgr.schema_migrations');
      // Membership in any extension is what counts; plpgsql is always there.
      await server.query('ALTER EXTENSION plpgsql ADD TABLE repmgr.nodes');
      try {
        const before = await store.schemaState(connection);
        expect(before).toEqual({ kind: 'present', ownedByExtension: true, migration: 0 });
        expect(await store.daemonAddresses(connection)).toEqual([]);
        expect(await store.clusterKey(connection)).toBeUndefined();
        await store.insertNode(connection, node(1));
        expect(await store.deleteNode(connection, id(1))).toBe(true);
        expect(await store.migrate(connection)).toEqual({ created: false, migration: 2 });
        expect(await store.schemaState(connection)).toMatchObject({ ownedByExtension: true, migration: 2 });
      } finally {
        await server.query('ALTER EXTENSION plpgsql DROP TABLE repmgr.nodes');
      }
    });

    it('is open to a role that it is granted to, and tells others what to do', async () => {
      const plain = await connect('plain');
      await expect(store.migrate(plain)).rejects.toMatchObject({
        sqlState: '42501',
        hint: expect.stringContaining('--superuser') as string,
      });
      expect(plain.isOpen()).toBe(true);
      await store.migrate(connection, 'plain');
      await store.insertNode(plain, node(1));
      await store.ensureClusterKey(plain, 'a'.repeat(64));
      expect(await store.migrate(plain)).toEqual({ created: false, migration: 2 });
      await plain.close();
    });

    it('keeps the cluster key from roles without grants', async () => {
      await store.migrate(connection);
      await store.ensureClusterKey(connection, 'a'.repeat(64));
      await server.query('GRANT USAGE ON SCHEMA repmgr TO plain');
      const plain = await connect('plain');
      await expect(store.clusterKey(plain)).rejects.toBeInstanceOf(QueryFailed);
      await plain.close();
    });
  });

  describe('its tables', () => {
    beforeEach(async () => {
      await store.migrate(connection);
    });

    it('give back nodes as they were stored', async () => {
      const nodes = [
        node(1, { type: 'primary', priority: 0, slotName: 'repmgr_slot_1' }),
        node(2, { upstreamNodeId: id(1), nodeName: `it's "two"`, location: 'dc2' }),
        node(3, { type: 'witness', upstreamNodeId: id(1), active: false, replicationUser: '' }),
      ];
      for (const each of nodes) await store.insertNode(connection, each);
      expect(await store.nodes(connection)).toEqual(nodes);
      expect(await store.node(connection, id(3))).toEqual(nodes[2]);
      expect(await store.node(connection, id(9))).toBeUndefined();
      expect(await store.nodeByName(connection, `it's "two"`)).toEqual(nodes[1]);
      expect(await store.nodeByName(connection, 'nobody')).toBeUndefined();
      expect(await store.recordedPrimary(connection)).toEqual(nodes[0]);
    });

    it('refuse a second node of the same id', async () => {
      await store.insertNode(connection, node(1));
      await expect(store.insertNode(connection, node(1))).rejects.toMatchObject({ sqlState: '23505' });
    });

    it('change nodes, and tell when there is none', async () => {
      await store.insertNode(connection, node(1, { type: 'primary' }));
      await store.insertNode(connection, node(2));
      const changed = node(2, { conninfo: 'host=elsewhere', priority: 5, upstreamNodeId: id(1) });
      expect(await store.updateNode(connection, changed)).toBe(true);
      expect(await store.updateNode(connection, node(9))).toBe(false);
      expect(await store.setActive(connection, id(2), false)).toBe(true);
      expect(await store.setSlotName(connection, id(2), 'slot')).toBe(true);
      expect(await store.setUpstream(connection, id(2), null)).toBe(true);
      expect(await store.node(connection, id(2))).toEqual({
        ...changed,
        active: false,
        slotName: 'slot',
        upstreamNodeId: null,
      });
      expect(await store.recordStandby(connection, id(2), id(1))).toBe(true);
      expect(await store.node(connection, id(2))).toMatchObject({ active: true, upstreamNodeId: 1 });
      expect(await store.deleteNode(connection, id(2))).toBe(true);
      expect(await store.deleteNode(connection, id(2))).toBe(false);
    });

    it('record a promotion in one step', async () => {
      await store.insertNode(connection, node(1, { type: 'primary' }));
      await store.insertNode(connection, node(2, { upstreamNodeId: id(1), active: false }));
      await store.recordPromotion(connection, id(2));
      expect(await store.nodes(connection)).toMatchObject([
        { nodeId: 1, type: 'primary', active: false },
        { nodeId: 2, type: 'primary', active: true, upstreamNodeId: null },
      ]);
      await expect(store.recordPromotion(connection, id(7))).rejects.toBeInstanceOf(OperationFailed);
    });

    it('take back a transaction that fails', async () => {
      const failure = new Error('no');
      const work = store.transaction(connection, async () => {
        await store.insertNode(connection, node(1));
        throw failure;
      });
      await expect(work).rejects.toBe(failure);
      expect(await store.nodes(connection)).toEqual([]);
      expect(await store.transaction(connection, async () => 7)).toBe(7);
    });

    it('keep one voting term', async () => {
      expect(await store.votingTerm(connection)).toBeUndefined();
      await store.setVotingTerm(connection, 3);
      await store.setVotingTerm(connection, 4);
      expect(await store.votingTerm(connection)).toBe(4);
    });

    it('list events newest first, filtered', async () => {
      await store.insertNode(connection, node(1));
      const event = { nodeId: 1, event: 'repmgrd_start', successful: true, details: null } as const;
      const timestamp = await store.insertEvent(connection, event);
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+\d\d$/);
      await store.insertEvent(connection, { ...event, nodeId: 8, successful: false, details: "it's 'ü'" });
      expect(await store.events(connection, {})).toMatchObject([
        { nodeId: 8, nodeName: '', successful: false, details: "it's 'ü'" },
        { nodeId: 1, nodeName: 'node1', successful: true, details: null, timestamp: timestamp.slice(0, 19) },
      ]);
      expect(await store.events(connection, { limit: 1 })).toHaveLength(1);
      expect(await store.events(connection, { nodeId: 8 })).toEqual([]);
      expect(await store.events(connection, { nodeName: 'node1', event: 'repmgrd_start' })).toHaveLength(1);
      expect(await store.events(connection, { event: 'standby_clone' })).toEqual([]);
    });

    it('list the events of a span of time, oldest first', async () => {
      const event = { nodeId: 1, event: 'repmgrd_start', successful: true, details: null } as const;
      const times = [];
      for (const details of ['one', 'two', 'three'])
        times.push(Date.parse(await store.insertEvent(connection, { ...event, details })));
      const [sinceMs = 0, , untilMs = 0] = times;
      const span = { sinceMs: sinceMs - 1, untilMs: untilMs + 1, limit: 2 };
      expect(await store.eventsWithin(connection, span)).toMatchObject([
        { nodeId: 1, event: 'repmgrd_start', successful: true, details: 'two' },
        { details: 'three' },
      ]);
      const [last] = await store.eventsWithin(connection, { ...span, limit: 1 });
      expect(Math.abs((last?.atMs ?? 0) - untilMs)).toBeLessThanOrEqual(1);
      expect(
        await store.eventsWithin(connection, { sinceMs: 0, untilMs: sinceMs - 10_000, limit: 9 }),
      ).toEqual([]);
    });

    it('feed the views with the latest sample of each standby', async () => {
      await store.insertNode(connection, node(1, { type: 'primary' }));
      await store.insertNode(connection, node(2, { upstreamNodeId: id(1) }));
      const sample = {
        primaryNodeId: id(1),
        standbyNodeId: id(2),
        primaryLsn: 0x5000n as Lsn,
        receivedLsn: 0x4000n as Lsn,
        replayedLsn: 0x3c00n as Lsn,
        lastReplayTimestamp: null,
      };
      await store.insertMonitoringSample(connection, { ...sample, receivedLsn: null, replayedLsn: null });
      await store.insertMonitoringSample(connection, sample);
      expect(await server.query('SELECT * FROM repmgr.replication_status')).toMatchObject([
        {
          primary_node_id: 1,
          standby_node_id: 2,
          standby_name: 'node2',
          node_type: 'standby',
          active: true,
          last_wal_primary_location: '0/5000',
          last_wal_standby_location: '0/4000',
          replication_lag: '4096 bytes',
          apply_lag: '1024 bytes',
        },
      ]);
      expect(await server.query('SELECT * FROM repmgr.show_nodes ORDER BY node_id')).toMatchObject([
        { node_id: 1, upstream_node_id: null, upstream_node_name: null },
        { node_id: 2, upstream_node_id: 1, upstream_node_name: 'node1' },
      ]);
      const [functions] = await server.query(
        'SELECT repmgr.get_wal_receiver_pid() AS pid, now() - repmgr.standby_get_last_updated() < $1 AS fresh',
        ['10 s'],
      );
      expect(functions).toEqual({ pid: 0, fresh: true });
    });

    it('forget the monitoring history that is asked to be forgotten', async () => {
      await server.query(
        `INSERT INTO repmgr.monitoring_history
         SELECT 1, standby, now() - make_interval(days => age), NULL, '0/1', '0/1', 0, 0
           FROM generate_series(0, 9) age, generate_series(2, 3) standby`,
      );
      const count = (filter: Parameters<typeof store.countMonitoringHistory>[1]): Promise<number> =>
        store.countMonitoringHistory(connection, filter);
      expect(await count({})).toBe(20);
      expect(await count({ keepDays: 5, standbyNodeId: id(2) })).toBe(5);
      await store.deleteMonitoringHistory(connection, { keepDays: 5, standbyNodeId: id(2) });
      expect(await count({})).toBe(15);
      await store.deleteMonitoringHistory(connection, { standbyNodeId: id(3) });
      expect(await count({ keepDays: 0 })).toBe(5);
      await store.vacuumMonitoringHistory(connection, 10_000);
      await store.deleteMonitoringHistory(connection, {});
      expect(await count({})).toBe(0);
    });

    it('know the daemons of registered nodes', async () => {
      const address = { nodeId: id(1), host: '::1', port: 5480, incarnation: 'x' };
      await store.putDaemonAddress(connection, address);
      expect(await store.daemonAddresses(connection)).toEqual([]);
      await store.insertNode(connection, node(1));
      await store.putDaemonAddress(connection, { ...address, port: 5481 });
      expect(await store.daemonAddresses(connection)).toEqual([{ ...address, port: 5481 }]);
      await store.deleteNode(connection, id(1));
      await store.insertNode(connection, node(1));
      expect(await store.daemonAddresses(connection)).toEqual([]);
    });

    it('keep the first cluster key', async () => {
      expect(await store.clusterKey(connection)).toBeUndefined();
      expect(await store.ensureClusterKey(connection, 'a'.repeat(64))).toBe('a'.repeat(64));
      expect(await store.ensureClusterKey(connection, 'b'.repeat(64))).toBe('a'.repeat(64));
    });

    it('have a fingerprint that tells any change of what is registered', async () => {
      const address = { nodeId: id(1), host: 'node1', port: 5479, incarnation: 'a1' };
      const changes = [
        () => store.insertNode(connection, node(1)),
        () => store.putDaemonAddress(connection, address),
        () => store.ensureClusterKey(connection, 'a'.repeat(64)),
        () => store.setActive(connection, id(1), false),
        () => store.putDaemonAddress(connection, { ...address, incarnation: 'a2' }),
        () => store.deleteNode(connection, id(1)),
      ];
      const seen = [await store.registrationFingerprint(connection)];
      for (const change of changes) {
        await change();
        seen.push(await store.registrationFingerprint(connection));
      }
      expect(new Set(seen).size).toBe(changes.length + 1);
      expect(await store.registrationFingerprint(connection)).toBe(seen.at(-1));
    });
  });
});
