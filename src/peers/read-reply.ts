import type { KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { PeerReply } from '../ports/peer-network.ts';
import { isSameSignature, signReply } from './signing.ts';
import {
  type Hello,
  isStartId,
  parseJson,
  readReplyClaims,
  startIdOf,
  statusRestarted,
  statusUnauthenticated,
} from './wire-format.ts';

export interface ReceivedReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly roundTripMs: number;
}

/** A reply that only a holder of the cluster key can have made, and only to this request. */
export interface VerifiedReply {
  readonly kind: 'authentic';
  readonly status: number;
  readonly body: unknown;
  readonly receiver: string;
  readonly from: { readonly nodeId: number; readonly startId: string };
  readonly roundTripMs: number;
}

interface SentRequest {
  readonly key: KeyObject;
  readonly signature: string;
  readonly receiver: string;
  /** host:port, for messages. */
  readonly where: string;
}

type Failed = Extract<PeerReply, { kind: 'failed' }>;

/** Verifies that the reply was made for the request that we sent, by the start of the daemon it was for. */
export function readReply(reply: ReceivedReply, request: SentRequest): VerifiedReply | Failed {
  const claims = readReplyClaims(reply.headers);
  if (claims === undefined) return unsigned(reply.status, request.where);
  const expected = signReply(request.key, {
    requestSignature: request.signature,
    status: reply.status,
    responderNodeId: claims.nodeId,
    responder: claims.receiver,
    body: reply.body,
  });
  if (!isSameSignature(expected, claims.signature))
    return unauthenticated(`the reply of ${request.where} is not signed with our cluster key`);
  if (claims.receiver !== request.receiver && reply.status !== statusRestarted)
    return unauthenticated(`another daemon than the one addressed replied at ${request.where}`);
  const body = parseJson(reply.body);
  if (body === undefined)
    return { kind: 'failed', reason: 'protocol', message: `${request.where} sent a reply that is not JSON` };
  return {
    kind: 'authentic',
    status: reply.status,
    body,
    receiver: claims.receiver,
    from: { nodeId: claims.nodeId, startId: startIdOf(claims.receiver) },
    roundTripMs: reply.roundTripMs,
  };
}

/** The unsigned introduction of a daemon; undefined if something else listens there. */
export function readHello(status: number, body: Buffer): Hello | undefined {
  const value = status === 200 ? parseJson(body) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const { nodeId, startId, generation } = value as Record<string, unknown>;
  if (!isStartId(startId) || !isCount(nodeId) || !isCount(generation)) return undefined;
  return { nodeId, startId, generation };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function unsigned(status: number, where: string): Failed {
  if (status === statusUnauthenticated)
    return unauthenticated(`${where} refused our signature; does that node have the same cluster key?`);
  return unauthenticated(`${where} sent an unsigned reply (status ${status})`);
}

function unauthenticated(message: string): Failed {
  return { kind: 'failed', reason: 'unauthenticated', message };
}
