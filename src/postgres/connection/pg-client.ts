import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';
import type { AuthenticationGuard } from './authentication-guard.ts';

/** The server asked for a password and none was found. */
export class MissingPassword extends Error {
  constructor() {
    super('the server asks for a password and none was supplied');
    this.name = 'MissingPassword';
  }
}

/** The server's way of authentication is not one that the conninfo allows. */
export class AuthenticationRefused extends Error {
  constructor(objection: string) {
    super(objection);
    this.name = 'AuthenticationRefused';
  }
}

export interface PgClientOptions {
  /** Connected, and encrypted if it shall be. */
  readonly socket: Socket;
  readonly guard: AuthenticationGuard;
  readonly user: string;
  readonly dbname: string;
  readonly password: string | undefined;
  readonly applicationName: string;
  readonly options: string;
  /** Value of the startup parameter `replication`. */
  readonly replication: string | undefined;
}

interface PgClient {
  readonly client: pg.Client;
  /** Parameters that the server reported by itself, for example server_version. */
  readonly serverParameters: ReadonlyMap<string, string>;
}

/** A client of library `pg` for an open socket; not yet logged in. It reads no environment and no files. */
export function createPgClient(options: PgClientOptions): PgClient {
  const { guard } = options;
  const config = {
    stream: () => pretendingToConnect(options.socket),
    // Each is set, and to something truthy where pg would otherwise ask the environment.
    host: 'connected',
    port: 5432,
    user: options.user,
    database: options.dbname,
    password: () => passwordFor(guard, options.password),
    ssl: false,
    sslnegotiation: 'postgres',
    application_name: options.applicationName,
    options: options.options,
    enableChannelBinding: guard.wantsChannelBinding,
    types: { getTypeParser: () => asText },
    ...(options.replication === undefined ? {} : { replication: options.replication }),
  };
  const client = new pg.Client(config as pg.ClientConfig);
  const serverParameters = new Map<string, string>();
  // The typings do not show the protocol layer below the client.
  const { connection } = client as unknown as { connection: EventEmitter };
  connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    serverParameters.set(message.parameterName, message.parameterValue);
  });
  // pg attaches its own listeners when it connects, so these run first.
  connection.on('authenticationCleartextPassword', () => guard.requested('password'));
  connection.on('authenticationMD5Password', () => guard.requested('md5'));
  connection.on('authenticationSASL', (message: { mechanisms: string[] }) =>
    guard.requested('scram-sha-256', message.mechanisms),
  );
  return { client, serverParameters };
}

const asText = (value: string): string => value;

/** pg calls `connect` on its stream and waits for the event. */
function pretendingToConnect(socket: Socket): Socket {
  return Object.assign(socket, {
    connect: (): Socket => {
      process.nextTick(() => socket.emit('connect'));
      return socket;
    },
  });
}

/** Called by pg when the server asks. An empty password counts as none, as in libpq. */
function passwordFor(guard: AuthenticationGuard, password: string | undefined): string {
  const objection = guard.objection();
  if (objection !== undefined) throw new AuthenticationRefused(objection);
  if (password === undefined || password === '') throw new MissingPassword();
  return password;
}
