import type { KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ReplayMemory } from './replay-memory.ts';
import { importClusterKey, isSameSignature, signRequest } from './signing.ts';
import { type Claims, maxBodyBytes, readRequestClaims, receiverName } from './wire-format.ts';

/** What a request can only be replied to with: nothing, unless it is authentic. */
export type Authentication =
  | { readonly kind: 'refused' }
  /** Authentic, but meant for an earlier life of this daemon; not to be carried out. */
  | { readonly kind: 'restarted'; readonly key: KeyObject; readonly claims: Claims }
  | {
      readonly kind: 'authentic';
      readonly key: KeyObject;
      readonly claims: Claims;
      readonly body: Buffer;
    };

export interface Authenticator {
  readonly startId: string;
  readonly clusterKey: () => string | undefined;
  readonly memory: ReplayMemory;
}

/** Reads a request and finds out whether a holder of the cluster key sent it, to us, for the first time. */
export async function authenticateRequest(
  incoming: IncomingMessage,
  authenticator: Authenticator,
): Promise<Authentication> {
  const claims = readRequestClaims(incoming.headers);
  const key = importClusterKey(authenticator.clusterKey());
  if (claims === undefined || key === undefined) return { kind: 'refused' };
  const body = await readBody(incoming);
  if (body === undefined || !isSigned(incoming, body, { claims, key })) return { kind: 'refused' };
  const { memory, startId } = authenticator;
  if (claims.receiver !== receiverName(startId, memory.generation)) return { kind: 'restarted', key, claims };
  switch (memory.admit(claims.startId, claims.sequence)) {
    case 'fresh':
      return { kind: 'authentic', key, claims, body };
    case 'outdated':
      return { kind: 'restarted', key, claims };
    case 'repeated':
      return { kind: 'refused' };
  }
}

function isSigned(
  incoming: IncomingMessage,
  body: Buffer,
  sender: { claims: Claims; key: KeyObject },
): boolean {
  const { claims, key } = sender;
  const expected = signRequest(key, {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    body,
    senderNodeId: claims.nodeId,
    senderStartId: claims.startId,
    receiver: claims.receiver,
    sequence: claims.sequence,
  });
  return isSameSignature(expected, claims.signature);
}

/** The whole body; undefined if its length isn't announced, is too great, or the sender went away. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const announced = Number(incoming.headers['content-length'] ?? Number.NaN);
  if (!(announced <= maxBodyBytes)) return undefined;
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => resolve(Buffer.concat(chunks)));
    incoming.on('error', () => resolve(undefined));
    incoming.on('close', () => resolve(undefined));
  });
}
