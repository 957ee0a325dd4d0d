import type { Socket } from 'node:net';
import { type ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import type { ResolvedConninfo, ResolvedHost } from '../conninfo/resolve-conninfo.ts';
import { AuthenticationGuard } from './authentication-guard.ts';
import { requestTls, startTls, TlsFailed } from './negotiate-tls.ts';
import { openSocket, type SocketAddress } from './open-socket.ts';
import { AuthenticationRefused, createPgClient } from './pg-client.ts';
import { tlsOptions } from './tls-options.ts';
import { abortable } from './within-limit.ts';

/** `optional` goes on in plain text when the server declines. */
export type Encryption = 'none' | 'optional' | 'required';

export interface SessionRequest {
  readonly resolved: ResolvedConninfo;
  readonly host: ResolvedHost;
  readonly address: SocketAddress;
  readonly encryption: Encryption;
  readonly homeDirectory: string;
}

/** A session that the server has accepted. */
export interface Session {
  readonly client: pg.Client;
  readonly socket: Socket;
  readonly serverParameters: ReadonlyMap<string, string>;
}

/**
 * Opens one session to one address: socket, TLS, authentication. No socket is left behind on failure.
 * @throws errors of sockets and of the server as they come, TlsFailed, ConfigurationError.
 */
export async function openSession(request: SessionRequest, signal: AbortSignal): Promise<Session> {
  const plain = await openSocket(request.address, signal, request.resolved.parameters);
  try {
    const socket = await encrypted(plain, request, signal);
    return await logIn(socket, request, { signal, isEncrypted: socket !== plain });
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

async function encrypted(plain: Socket, request: SessionRequest, signal: AbortSignal): Promise<Socket> {
  if (request.encryption === 'none') return plain;
  const { parameters, sslmode } = request.resolved;
  const { host } = request.host;
  const options = await tlsOptions({ parameters, sslmode, host, homeDirectory: request.homeDirectory });
  signal.throwIfAborted();
  if (parameters.get('sslnegotiation') === 'direct') return startDirectly(plain, options);
  if ((await requestTls(plain)) === 'accepted') return startTls(plain, options);
  if (request.encryption === 'optional') return plain;
  throw new TlsFailed('the server does not support TLS, but it was required');
}

/** PostgreSQL 17: TLS without asking first; the protocol must be agreed on in the handshake. */
async function startDirectly(plain: Socket, options: ConnectionOptions): Promise<Socket> {
  const socket = await startTls(plain, { ...options, ALPNProtocols: ['postgresql'] });
  if (socket.alpnProtocol === 'postgresql') return socket;
  throw new TlsFailed('the server agreed to TLS, but not to the PostgreSQL protocol in it');
}

interface LogInOptions {
  readonly signal: AbortSignal;
  readonly isEncrypted: boolean;
}

async function logIn(
  socket: Socket,
  { resolved, host }: SessionRequest,
  { signal, isEncrypted }: LogInOptions,
): Promise<Session> {
  const { parameters } = resolved;
  const guard = new AuthenticationGuard(parameters, isEncrypted);
  const { client, serverParameters } = createPgClient({
    socket,
    guard,
    user: resolved.user,
    dbname: resolved.dbname,
    password: host.password,
    applicationName: firstNonEmpty(
      parameters.get('application_name'),
      parameters.get('fallback_application_name'),
    ),
    options: parameters.get('options') ?? '',
    replication: parameters.get('replication'),
  });
  // The promise of connect() reports errors; this one keeps later ones from ending the process.
  client.on('error', () => undefined);
  await abortable(client.connect(), signal);
  const objection = guard.objection();
  if (objection !== undefined) throw new AuthenticationRefused(objection);
  return { client, socket, serverParameters };
}

function firstNonEmpty(...values: (string | undefined)[]): string {
  return values.find((value) => value !== undefined && value !== '') ?? 'repmgr';
}
