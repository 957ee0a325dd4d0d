import {
  type Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import type { PeerAddress } from '../ports/peer-network.ts';
import type { RequestDeadline } from './request-deadline.ts';
import { maxBodyBytes } from './wire-format.ts';

export interface ExchangeSpec {
  readonly agent: Agent;
  readonly peer: PeerAddress;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: Uint8Array;
  readonly deadline: RequestDeadline;
}

export type Exchange =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
      readonly roundTripMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly reason: 'refused' | 'timeout' | 'cancelled' | 'protocol';
      readonly message: string;
      /** A kept-alive connection broke before anything was answered: its other end may have restarted. */
      readonly lostIdleConnection: boolean;
    };

/** One HTTP request and its whole response. Never rejects. */
export function exchange(spec: ExchangeSpec): Promise<Exchange> {
  const startedAtMs = performance.now();
  return new Promise((resolve) => {
    let answered = false;
    const fail = (error: Error): void =>
      resolve(describeFailure(spec, error, outgoing.reusedSocket && !answered));
    const outgoing = httpRequest({
      agent: spec.agent,
      host: spec.peer.host,
      port: spec.peer.port,
      method: spec.method,
      path: spec.path,
      headers: { ...spec.headers, 'content-length': spec.body?.byteLength ?? 0 },
      signal: spec.deadline.signal,
    });
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      answered = true;
      collectBody(incoming, (result) => {
        if (result instanceof Error) {
          outgoing.destroy();
          fail(result);
          return;
        }
        resolve({
          kind: 'response',
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: result,
          roundTripMs: performance.now() - startedAtMs,
        });
      });
    });
    outgoing.end(spec.body);
  });
}

/** host:port, with an IPv6 address in brackets. */
export function describePeer(peer: PeerAddress): string {
  return peer.host.includes(':') ? `[${peer.host}]:${peer.port}` : `${peer.host}:${peer.port}`;
}

class ReplyTooLong extends Error {}

function collectBody(incoming: IncomingMessage, done: (result: Buffer | Error) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxBodyBytes) done(new ReplyTooLong(`the reply is longer than ${maxBodyBytes} bytes`));
  });
  incoming.on('end', () => done(Buffer.concat(chunks)));
  incoming.on('error', done);
  incoming.on('close', () => done(new Error('the connection ended in the middle of the reply')));
}

function describeFailure(spec: ExchangeSpec, error: Error, lostIdle: boolean): Exchange {
  const where = describePeer(spec.peer);
  const expired = spec.deadline.expired();
  if (expired === 'timeout')
    return {
      kind: 'failed',
      reason: expired,
      message: `no answer from ${where} in time`,
      lostIdleConnection: false,
    };
  if (expired === 'cancelled')
    return {
      kind: 'failed',
      reason: expired,
      message: `request to ${where} given up`,
      lostIdleConnection: false,
    };
  const code = codeOf(error);
  const reason = error instanceof ReplyTooLong || code.startsWith('HPE_') ? 'protocol' : 'refused';
  const message = `${reason === 'refused' ? 'could not reach' : 'unusable reply from'} ${where}: ${textOf(error)}`;
  return { kind: 'failed', reason, message, lostIdleConnection: lostIdle && reason === 'refused' };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A host with several addresses fails with one error per address and no text of its own. */
function textOf(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
  return error.message === '' ? codeOf(error) : error.message;
}
