import { QueryFailed } from '../../src/domain/errors/repmgr-error.ts';
import type { NodeId, NodeRecord } from '../../src/domain/node.ts';
import type { Connection } from '../../src/ports/connection.ts';
import type { DaemonAddress, EventRow, MetadataStore } from '../../src/ports/metadata-store.ts';
import type { FakeConnection } from './fake-server.ts';
import { partialPort } from './partial-port.ts';

/** Content of the schema `repmgr` in one database; a standby may share that of its primary or have its own. */
export interface FakeDatabase {
  /** Undefined while there is no schema. */
  schema: { ownedByExtension: boolean; migration: number } | undefined;
  nodes: NodeRecord[];
  events: Omit<EventRow, 'nodeName'>[];
  daemons: DaemonAddress[];
  clusterKey: string | undefined;
  votingTerm: number | undefined;
}

const newestMigration = 1;
const eventTimestamp = '2026-11-22 21:50:58';

export function createFakeDatabase(nodes: NodeRecord[] = []): FakeDatabase {
  return {
    schema: nodes.length === 0 ? undefined : { ownedByExtension: false, migration: newestMigration },
    nodes,
    events: [],
    daemons: [],
    clusterKey: nodes.length === 0 ? undefined : 'ab'.repeat(32),
    votingTerm: undefined,
  };
}

function databaseOf(connection: Connection): FakeDatabase {
  return (connection as FakeConnection).server.database;
}

function schemaOf(connection: Connection): FakeDatabase {
  const database = databaseOf(connection);
  if (database.schema !== undefined) return database;
  throw new QueryFailed('relation "repmgr.nodes" does not exist', { sqlState: '42P01' });
}

function writable(connection: Connection): FakeDatabase {
  const database = schemaOf(connection);
  if ((connection as FakeConnection).server.recoveryState === 'primary') return database;
  throw new QueryFailed('cannot execute INSERT in a read-only transaction', { sqlState: '25006' });
}

function change(connection: Connection, nodeId: NodeId, values: Partial<NodeRecord>): boolean {
  const database = writable(connection);
  const isKnown = database.nodes.some((node) => node.nodeId === nodeId);
  database.nodes = database.nodes.map((node) => (node.nodeId === nodeId ? { ...node, ...values } : node));
  return isKnown;
}

/** The metadata of whichever server a {@link FakeConnection} leads to. */
export function createFakeMetadataStore(): MetadataStore {
  return partialPort<MetadataStore>('MetadataStore', {
    schemaState: async (connection) => {
      const { schema } = databaseOf(connection);
      return schema === undefined ? { kind: 'absent' } : { kind: 'present', ...schema };
    },
    migrate: async (connection) => {
      const { server } = connection as FakeConnection;
      const database = server.database;
      const created = database.schema === undefined;
      if (database.schema?.migration === newestMigration)
        return { created: false, migration: newestMigration };
      if (!server.roleOf(connection).mayCreate) {
        throw new QueryFailed('permission denied', { sqlState: '42501', hint: 'name a superuser' });
      }
      database.schema = { ownedByExtension: false, migration: newestMigration };
      return { created, migration: newestMigration };
    },
    nodes: async (connection) => schemaOf(connection).nodes.toSorted((a, b) => a.nodeId - b.nodeId),
    node: async (connection, id) => schemaOf(connection).nodes.find(({ nodeId }) => nodeId === id),
    nodeByName: async (connection, name) =>
      schemaOf(connection).nodes.find(({ nodeName }) => nodeName === name),
    recordedPrimary: async (connection) =>
      schemaOf(connection).nodes.find(({ type, active }) => type === 'primary' && active),
    insertNode: async (connection, node) => {
      const database = writable(connection);
      if (database.nodes.some(({ nodeId }) => nodeId === node.nodeId)) {
        throw new QueryFailed('duplicate key', { sqlState: '23505' });
      }
      database.nodes = [...database.nodes, node];
    },
    updateNode: async (connection, node) => change(connection, node.nodeId, node),
    deleteNode: async (connection, nodeId) => {
      const database = writable(connection);
      const before = database.nodes.length;
      database.nodes = database.nodes.filter((node) => node.nodeId !== nodeId);
      database.daemons = database.daemons.filter((daemon) => daemon.nodeId !== nodeId);
      return database.nodes.length < before;
    },
    setActive: async (connection, nodeId, active) => change(connection, nodeId, { active }),
    transaction: async (connection, work) => {
      const database = databaseOf(connection);
      const before = { ...database };
      try {
        return await work();
      } catch (error) {
        Object.assign(database, before);
        throw error;
      }
    },
    setVotingTerm: async (connection, term) => {
      writable(connection).votingTerm = term;
    },
    votingTerm: async (connection) => schemaOf(connection).votingTerm,
    insertEvent: async (connection, { nodeId, event, successful, details }) => {
      const database = writable(connection);
      database.events = [
        { nodeId, event, successful, details, timestamp: eventTimestamp },
        ...database.events,
      ];
      return `${eventTimestamp}.638664+00`;
    },
    events: async (connection, filter) => {
      const { events, nodes } = schemaOf(connection);
      return events
        .map((row) => ({ ...row, nodeName: nodes.find((n) => n.nodeId === row.nodeId)?.nodeName ?? '' }))
        .filter((row) => filter.nodeId === undefined || row.nodeId === filter.nodeId)
        .filter((row) => filter.nodeName === undefined || row.nodeName === filter.nodeName)
        .filter((row) => filter.event === undefined || row.event === filter.event)
        .slice(0, filter.limit);
    },
    eventsWithin: async (connection, { sinceMs, untilMs, limit }) =>
      schemaOf(connection)
        .events.map((row) => ({ ...row, atMs: Date.parse(`${row.timestamp.replace(' ', 'T')}Z`) }))
        .filter(({ atMs }) => atMs >= sinceMs && atMs <= untilMs)
        .slice(0, limit)
        .toReversed(),
    daemonAddresses: async (connection) => schemaOf(connection).daemons,
    putDaemonAddress: async (connection, address) => {
      const database = writable(connection);
      database.daemons = [...database.daemons.filter(({ nodeId }) => nodeId !== address.nodeId), address];
    },
    registrationFingerprint: async (connection) => {
      const { nodes, daemons, clusterKey } = schemaOf(connection);
      return JSON.stringify({ nodes, daemons, clusterKey });
    },
    clusterKey: async (connection) => schemaOf(connection).clusterKey,
    ensureClusterKey: async (connection, candidate) => {
      const database = writable(connection);
      database.clusterKey ??= candidate;
      return database.clusterKey;
    },
  });
}
