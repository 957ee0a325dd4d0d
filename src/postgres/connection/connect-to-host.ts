import { join } from 'node:path';
import { ConfigurationError, type ConnectionFailed } from '../../domain/errors/repmgr-error.ts';
import type { ResolvedConninfo, ResolvedHost, TargetSessionAttrs } from '../conninfo/resolve-conninfo.ts';
import { connectionFailure, sqlStateOf } from './connection-failure.ts';
import type { ConnectionPlace } from './connection-hint.ts';
import { TlsFailed } from './negotiate-tls.ts';
import { type Encryption, openSession, type Session } from './open-session.ts';
import { addressesOf, type SocketAddress } from './open-socket.ts';
import { requireSessionAttributes } from './require-session-attributes.ts';
import { type Limit, withinLimit } from './within-limit.ts';

export interface HostAttempt {
  readonly resolved: ResolvedConninfo;
  readonly host: ResolvedHost;
  readonly wanted: TargetSessionAttrs;
  readonly homeDirectory: string;
}

/** A session and where it was found. */
export interface PlacedSession extends Session {
  readonly place: ConnectionPlace;
}

/** Outcome of trying one server. */
export type HostOutcome =
  | { readonly session: PlacedSession }
  | { readonly failure: ConnectionFailed; readonly mayTryNextHost: boolean };

/**
 * Tries all addresses of one server, each with the encryptions that sslmode allows.
 * @throws ConfigurationError, or the reason of the outer signal.
 */
export async function connectToHost(attempt: HostAttempt, limit: Limit): Promise<HostOutcome> {
  let lastAddress: SocketAddress | undefined;
  try {
    return await withinLimit(limit, async (signal) => {
      const deadline = performance.now() + limit.timeoutMs;
      const addresses = await addressesOf(attempt.host, signal);
      for (const [index, address] of addresses.entries()) {
        lastAddress = address;
        const isLast = index === addresses.length - 1;
        try {
          const timeoutMs = (deadline - performance.now()) / (addresses.length - index);
          const session = await withinLimit({ timeoutMs, signal }, (inner) =>
            connectToAddress(attempt, address, inner),
          );
          return { session: { ...session, place: placeOf(attempt, address) } };
        } catch (error) {
          if (isLast || signal.aborted || !mayTryNext(error)) throw error;
        }
      }
      throw new Error('the host name has no address');
    });
  } catch (error) {
    if (limit.signal?.aborted === true || error instanceof ConfigurationError) throw error;
    const failure = connectionFailure(error, placeOf(attempt, lastAddress), attempt.resolved.warnings);
    return { failure, mayTryNextHost: mayTryNext(error) };
  }
}

/** A server that refuses a login is not asked for again elsewhere, except when it is just starting or stopping. */
function mayTryNext(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState === undefined ? !(error instanceof ConfigurationError) : sqlState === '57P03';
}

async function connectToAddress(
  { resolved, host, wanted, homeDirectory }: HostAttempt,
  address: SocketAddress,
  signal: AbortSignal,
): Promise<Session> {
  const encryptions = encryptionsFor(resolved, 'path' in address);
  for (const [index, encryption] of encryptions.entries()) {
    try {
      const session = await openSession({ resolved, host, address, encryption, homeDirectory }, signal);
      await requireSessionAttributes(session, wanted, signal);
      return session;
    } catch (error) {
      const isLast = index === encryptions.length - 1;
      if (isLast || signal.aborted || !dependsOnEncryption(error)) throw error;
    }
  }
  throw new TlsFailed('no way to connect is allowed by sslmode');
}

/** As in libpq, a Unix-domain socket is never encrypted, whatever sslmode says. */
function encryptionsFor({ sslmode }: ResolvedConninfo, isSocket: boolean): readonly Encryption[] {
  if (isSocket || sslmode === 'disable') return ['none'];
  if (sslmode === 'allow') return ['none', 'required'];
  if (sslmode === 'prefer') return ['optional', 'none'];
  return ['required'];
}

/** pg_hba.conf (SQLSTATE 28000) may have lines for hostssl or hostnossl only. */
function dependsOnEncryption(error: unknown): boolean {
  return error instanceof TlsFailed || error instanceof ConfigurationError || sqlStateOf(error) === '28000';
}

function placeOf({ resolved, host, homeDirectory }: HostAttempt, address?: SocketAddress): ConnectionPlace {
  const passfile = resolved.parameters.get('passfile') ?? '';
  return {
    host: host.host === '' ? (host.hostaddr ?? '') : host.host,
    port: host.port,
    address: address !== undefined && 'address' in address ? address.address : host.hostaddr,
    socketPath: host.socketPath,
    user: resolved.user,
    dbname: resolved.dbname,
    isPasswordGiven: (resolved.parameters.get('password') ?? '') !== '',
    passfile: passfile === '' ? join(homeDirectory, '.pgpass') : passfile,
  };
}
