import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

/** Everything in a request that its signature protects. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
  readonly senderNodeId: number;
  /** Random id of this start of the sender. */
  readonly senderStartId: string;
  /** Start id of the daemon it is meant for, with the generation of its replay memory. */
  readonly receiver: string;
  /** Rises with every request of one sender start. */
  readonly sequence: number;
}

/** Everything in a reply that its signature protects. The request's signature ties it to that request. */
export interface SignedReply {
  readonly requestSignature: string;
  readonly status: number;
  readonly responderNodeId: number;
  readonly responder: string;
  readonly body: Uint8Array;
}

const keyPattern = /^(?:[0-9a-f]{2}){32,}$/i;

/** The cluster key (hexadecimal, at least 32 bytes) as a key for HMAC; undefined if it isn't one. */
export function importClusterKey(hex: string | undefined): KeyObject | undefined {
  if (hex === undefined || !keyPattern.test(hex)) return undefined;
  return createSecretKey(Buffer.from(hex, 'hex'));
}

/** HMAC-SHA-256 of a request, 64 hexadecimal digits. */
export function signRequest(key: KeyObject, request: SignedRequest): string {
  return authenticationCode(key, [
    'repmgr request 1',
    request.method,
    request.path,
    request.body,
    String(request.senderNodeId),
    request.senderStartId,
    request.receiver,
    String(request.sequence),
  ]);
}

/** HMAC-SHA-256 of a reply, 64 hexadecimal digits. */
export function signReply(key: KeyObject, reply: SignedReply): string {
  return authenticationCode(key, [
    'repmgr reply 1',
    reply.requestSignature,
    String(reply.status),
    String(reply.responderNodeId),
    reply.responder,
    reply.body,
  ]);
}

/** Compares without telling by its duration where the first difference is. */
export function isSameSignature(expected: string, given: string): boolean {
  const left = Buffer.from(expected, 'latin1');
  const right = Buffer.from(given, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Each field goes in with its length in front, so that no byte can move from one field to the next. */
function authenticationCode(key: KeyObject, fields: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac('sha256', key);
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.byteLength);
    hmac.update(length).update(bytes);
  }
  return hmac.digest('hex');
}
