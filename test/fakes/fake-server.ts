import { parseConninfo } from '../../src/domain/conninfo/parse-conninfo.ts';
import { describeConninfo } from '../../src/domain/conninfo/render-conninfo.ts';
import { ConnectionFailed, QueryFailed } from '../../src/domain/errors/repmgr-error.ts';
import type { Lsn } from '../../src/domain/lsn.ts';
import type { RecoveryState } from '../../src/domain/node.ts';
import type { SystemIdentifier } from '../../src/domain/system-identifier.ts';
import type { TimelineId } from '../../src/domain/timeline.ts';
import type {
  Connection,
  ConnectionFactory,
  ConnectionParameters,
  ConnectOptions,
  Row,
} from '../../src/ports/connection.ts';
import type {
  AttachmentState,
  ReplicationRow,
  ReplicationSlot,
  ServerInspector,
  WalPositions,
} from '../../src/ports/server-inspector.ts';
import type { FakeDatabase } from './fake-database.ts';
import { partialPort } from './partial-port.ts';

export interface FakeRole {
  readonly isSuperuser: boolean;
  readonly mayCreate: boolean;
}

/** One PostgreSQL server, as far as questions to it go. */
export class FakeServer {
  readonly port: number;
  database: FakeDatabase;
  recoveryState: RecoveryState;
  /** `rejecting`: answers, but lets nobody in. */
  state: 'up' | 'rejecting' | 'down' = 'up';
  /** A server that answers this question with an error. */
  brokenQuestions = new Set<string>();
  serverVersionNum = 150_018;
  timeline = 1 as TimelineId;
  roles = new Map<string, FakeRole>([['repmgr', { isSuperuser: true, mayCreate: true }]]);
  settings = new Map<string, string>([
    ['server_version', '15.18 (Debian 15.18-0+deb12u1)'],
    ['archive_mode', 'on'],
    ['archive_command', '/bin/true'],
    ['max_wal_senders', '10'],
    ['max_replication_slots', '10'],
    ['primary_slot_name', ''],
  ]);
  replicationRows: ReplicationRow[] = [];
  slots: ReplicationSlot[] = [];
  receivedLsn = 0x50318b0n as Lsn;
  replayedLsn = 0x50318b0n as Lsn;
  isReplayPaused = false;
  replayLagSecs: number | null = 0;
  totalDataBytes: bigint | null = 30_408_704n;

  constructor(port: number, recoveryState: RecoveryState, database: FakeDatabase) {
    this.port = port;
    this.recoveryState = recoveryState;
    this.database = database;
  }

  roleOf(connection: Connection): FakeRole {
    const role = this.roles.get(connection.parameters.get('user') ?? 'repmgr');
    return role ?? { isSuperuser: false, mayCreate: false };
  }

  /** A standby of that name streams from here. */
  attach(applicationName: string, state = 'streaming'): void {
    const row = { pid: 100, applicationName, state, flushLsn: null, replayLsn: null, syncState: 'async' };
    this.replicationRows = [...this.replicationRows, row];
  }
}

export class FakeConnection implements Connection {
  readonly server: FakeServer;
  readonly parameters: ConnectionParameters;
  readonly description: string;
  readonly serverVersionNum: number;
  readonly lost: Promise<void>;
  #isOpen = true;
  #resolveLost: () => void = () => {};

  constructor(server: FakeServer, parameters: ConnectionParameters) {
    this.server = server;
    this.parameters = parameters;
    this.description = describeConninfo(parameters);
    this.serverVersionNum = server.serverVersionNum;
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve;
    });
  }

  async query(sql: string): Promise<Row[]> {
    if (sql.includes('current_user')) return [{ role: this.parameters.get('user') ?? 'repmgr' }];
    if (sql.includes('has_database_privilege') || sql.includes('has_schema_privilege')) {
      return [{ allowed: this.server.roleOf(this).mayCreate ? 't' : 'f' }];
    }
    throw new Error(`the fake server does not know the query: ${sql}`);
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    this.#isOpen = false;
    this.#resolveLost();
  }
}

/** Connects to the server whose port the conninfo names. */
export function createFakeConnectionFactory(
  servers: readonly FakeServer[],
  opened: FakeConnection[] = [],
): ConnectionFactory {
  const find = (conninfo: string | ConnectionParameters) => {
    const parameters = typeof conninfo === 'string' ? parseConninfo(conninfo) : conninfo;
    return { parameters, server: servers.find(({ port }) => String(port) === parameters.get('port')) };
  };
  return {
    connect: async (conninfo, options: ConnectOptions = {}) => {
      const { parameters, server } = find(conninfo);
      if (server === undefined || server.state === 'down') {
        throw new ConnectionFailed(`connection to port ${parameters.get('port')} refused`);
      }
      if (server.state === 'rejecting') {
        throw new ConnectionFailed('sorry, too many clients already', { sqlState: '53300' });
      }
      const user = options.user ?? parameters.get('user');
      if (user !== undefined && !server.roles.has(user)) {
        throw new ConnectionFailed(`role "${user}" does not exist`, { sqlState: '28000' });
      }
      const connection = new FakeConnection(
        server,
        user === undefined ? parameters : new Map([...parameters, ['user', user]]),
      );
      opened.push(connection);
      return connection;
    },
    ping: async (conninfo) => {
      const { server } = find(conninfo);
      return server === undefined || server.state === 'down' ? 'noResponse' : 'ok';
    },
  };
}

/** Answers from the {@link FakeServer} behind a connection. */
export function createFakeInspector(): ServerInspector {
  const ask = async <T>(
    connection: Connection,
    question: string,
    answer: (server: FakeServer) => T,
  ): Promise<T> => {
    const { server } = connection as FakeConnection;
    if (server.brokenQuestions.has(question)) throw new QueryFailed(`cannot answer ${question}`);
    return answer(server);
  };
  return partialPort<ServerInspector>('ServerInspector', {
    recoveryState: (connection) => ask(connection, 'recoveryState', (server) => server.recoveryState),
    walPositions: (connection) => ask(connection, 'walPositions', positionsOf),
    replicationRows: (connection) => ask(connection, 'replicationRows', (server) => server.replicationRows),
    attachmentOf: (connection, name) =>
      ask(connection, 'attachmentOf', (server) => attachmentOf(server, name)),
    replicationSlots: (connection) => ask(connection, 'replicationSlots', (server) => server.slots),
    settings: (connection, names) =>
      ask(
        connection,
        'settings',
        ({ settings }) => new Map(names.map((name) => [name, settings.get(name) ?? null])),
      ),
    controlState: (connection) =>
      ask(connection, 'controlState', ({ timeline }) => ({
        systemIdentifier: '7300000000000000001' as SystemIdentifier,
        checkpointTimeline: timeline,
      })),
    totalDataBytes: (connection) => ask(connection, 'totalDataBytes', (server) => server.totalDataBytes),
    isSuperuser: (connection) =>
      ask(connection, 'isSuperuser', (server) => server.roleOf(connection).isSuperuser),
  });
}

function positionsOf(server: FakeServer): WalPositions {
  const isPrimary = server.recoveryState === 'primary';
  return {
    recoveryState: server.recoveryState,
    timeline: server.timeline,
    insertLsn: isPrimary ? server.receivedLsn : null,
    flushLsn: isPrimary ? server.receivedLsn : null,
    receivedLsn: isPrimary ? null : server.receivedLsn,
    replayedLsn: isPrimary ? null : server.replayedLsn,
    isReplayPaused: server.isReplayPaused,
    replayLagSecs: isPrimary ? null : server.replayLagSecs,
    lastReplayTimestamp: null,
    walReceiver: null,
  };
}

function attachmentOf({ replicationRows }: FakeServer, name: string): AttachmentState {
  const rows = replicationRows.filter(({ applicationName }) => applicationName === name);
  if (rows.length === 0) return 'absent';
  if (rows.length > 1) return 'unknown';
  return rows[0]?.state === 'streaming' ? 'attached' : 'notStreaming';
}
