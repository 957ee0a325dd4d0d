import type { Socket } from 'node:net';
import type { PingResult } from '../../ports/connection.ts';
import type { ResolvedConninfo, ResolvedHost } from '../conninfo/resolve-conninfo.ts';
import { cancelled } from './cancelled.ts';
import { defaultHostTimeoutMs } from './connect.ts';
import { addressesOf, openSocket, type SocketAddress } from './open-socket.ts';
import { withinLimit } from './within-limit.ts';

export interface PingRequest {
  readonly resolved: ResolvedConninfo;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Protocol 3.0 messages are longer than any first answer of a server only when it is no PostgreSQL. */
const longestAnswer = 30_000;
const terminate = Buffer.from([0x58, 0, 0, 0, 4]);

/**
 * Sends a startup packet to each server until one answers that it would let us in or asks who we are.
 * Neither TLS nor a login is needed for that; the server logs nothing unless it logs all connections.
 * @throws Cancelled
 */
export async function ping({ resolved, timeoutMs, signal }: PingRequest): Promise<PingResult> {
  const ownLimitMs = timeoutMs === undefined ? resolved.connectTimeoutMs : timeoutMs / resolved.hosts.length;
  const hostLimitMs = ownLimitMs === undefined || ownLimitMs === 0 ? defaultHostTimeoutMs : ownLimitMs;
  let best: PingResult = 'noResponse';
  for (const host of resolved.hosts) {
    const answer = await pingHost(resolved, host, { timeoutMs: hostLimitMs, signal });
    if (answer === 'ok') return answer;
    if (answer === 'reject') best = answer;
  }
  return best;
}

interface PingLimit {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

async function pingHost(
  resolved: ResolvedConninfo,
  host: ResolvedHost,
  limit: PingLimit,
): Promise<PingResult> {
  try {
    return await withinLimit(limit, async (signal) => {
      for (const address of await addressesOf(host, signal)) {
        const answer = await pingAddress(resolved, address, signal);
        if (answer !== undefined) return classify(answer);
      }
      return 'noResponse';
    });
  } catch {
    if (limit.signal?.aborted === true) throw cancelled(limit.signal);
    // Whatever it was (unknown name, time passed): no server has answered, and that is the result.
    return 'noResponse';
  }
}

/** First message of the server, or undefined when nobody is there. */
async function pingAddress(
  resolved: ResolvedConninfo,
  address: SocketAddress,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  let socket: Socket | undefined;
  let answer: Buffer | undefined;
  try {
    socket = await openSocket(address, signal, resolved.parameters);
    answer = await firstMessage(socket, startupPacket(resolved));
    return answer;
  } catch {
    // Refused or reset: the next address may do better.
    signal.throwIfAborted();
    return undefined;
  } finally {
    if (socket !== undefined) leaveQuietly(socket, answer);
  }
}

/** StartupMessage of protocol 3.0 (PostgreSQL manual, section 55.7). */
function startupPacket({ user, dbname }: ResolvedConninfo): Buffer {
  const body = Buffer.from(
    `user\0${user}\0database\0${dbname}\0application_name\0repmgr\0client_encoding\0UTF8\0\0`,
  );
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + body.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, body]);
}

async function firstMessage(socket: Socket, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      if (received.length > longestAnswer) return;
      received = Buffer.concat([received, chunk]);
      const isComplete = received.length >= 5 && received.length > received.readInt32BE(1);
      if (isComplete || received.length > longestAnswer) resolve(received);
    });
    socket.once('close', () => (received.length > 0 ? resolve(received) : reject(new Error('closed'))));
    socket.write(request);
  });
}

/** AuthenticationXXX or NegotiateProtocolVersion; or an ErrorResponse, whose SQLSTATE decides. */
function classify(answer: Buffer): PingResult {
  const type = String.fromCharCode(answer[0] ?? 0);
  if (type === 'R' || type === 'v') return 'ok';
  if (type !== 'E') return 'noResponse';
  const sqlState = answer
    .toString('latin1', 5)
    .split('\0')
    .find((field) => field.startsWith('C'))
    ?.slice(1);
  // A postmaster that cannot even fork answers without fields.
  if (sqlState === undefined || sqlState.length !== 5) return 'noResponse';
  return sqlState === '57P03' ? 'reject' : 'ok';
}

/**
 * Reads on to the end: closing a socket with unread data would reset it, which the server logs. Likewise it
 * logs a farewell that comes instead of a password, so only a session that was let in gets one.
 */
function leaveQuietly(socket: Socket, answer: Buffer | undefined): void {
  const isAuthenticationOk = answer?.[0] === 0x52 && answer.length >= 9 && answer.readInt32BE(5) === 0;
  socket.unref();
  socket.setTimeout(1_000, () => socket.destroy());
  if (isAuthenticationOk) socket.write(terminate);
  socket.end();
  socket.resume();
}
