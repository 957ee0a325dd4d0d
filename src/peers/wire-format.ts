import type { IncomingHttpHeaders } from 'node:http';

/** What both ends agree on; a change that old daemons can't read gets a new path prefix. */
export const pathPrefix = '/v1/';
export const helloPath = '/v1/hello';

/** Largest body of a request and of a reply. */
export const maxBodyBytes = 1024 * 1024;

/** Answer to an authentic request meant for an earlier life of the receiver: nothing was done, sign anew. */
export const statusRestarted = 421;
/** Answer to everything that is not authentic; carries nothing. */
export const statusUnauthenticated = 401;

export const headerNames = {
  nodeId: 'repmgr-node-id',
  startId: 'repmgr-start-id',
  receiver: 'repmgr-receiver',
  sequence: 'repmgr-sequence',
  signature: 'repmgr-signature',
} as const;

/** Unsigned answer of `GET /v1/hello`. Nothing in it is believed until a signed reply confirms it. */
export interface Hello {
  readonly nodeId: number;
  readonly startId: string;
  readonly generation: number;
}

const messagePattern = /^[a-z][a-z0-9-]{0,63}$/;
const startIdPattern = /^[0-9A-Za-z-]{8,64}$/;
const receiverPattern = /^[0-9A-Za-z-]{8,64}\.(?:0|[1-9]\d{0,14})$/;
const numberPattern = /^(?:0|[1-9]\d{0,15})$/;
const signaturePattern = /^[0-9a-f]{64}$/;

/** Names a message may have; it becomes the last part of the path. */
export function isMessageName(text: string): boolean {
  return messagePattern.test(text);
}

export function isStartId(text: unknown): text is string {
  return typeof text === 'string' && startIdPattern.test(text);
}

/**
 * Whom a request is signed for: one start of a daemon and one generation of its replay memory, which is
 * emptied, and the generation raised, when it is full.
 */
export function receiverName(startId: string, generation: number): string {
  return `${startId}.${generation}`;
}

/** Value of a header if it is there once and has the form; undefined otherwise. */
function readHeader(headers: IncomingHttpHeaders, name: string, pattern: RegExp): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function readNumber(headers: IncomingHttpHeaders, name: string): number | undefined {
  const text = readHeader(headers, name, numberPattern);
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Identity of the other end as its headers claim it. */
export interface Claims {
  readonly nodeId: number;
  readonly startId: string;
  readonly receiver: string;
  readonly sequence: number;
  readonly signature: string;
}

export function readRequestClaims(headers: IncomingHttpHeaders): Claims | undefined {
  const sequence = readNumber(headers, headerNames.sequence);
  const identity = readReplyClaims(headers);
  const startId = readHeader(headers, headerNames.startId, startIdPattern);
  if (sequence === undefined || sequence === 0 || identity === undefined || startId === undefined)
    return undefined;
  return { ...identity, startId, sequence };
}

export type ReplyClaims = Pick<Claims, 'nodeId' | 'receiver' | 'signature'>;

export function readReplyClaims(headers: IncomingHttpHeaders): ReplyClaims | undefined {
  const nodeId = readNumber(headers, headerNames.nodeId);
  const receiver = readHeader(headers, headerNames.receiver, receiverPattern);
  const signature = readHeader(headers, headerNames.signature, signaturePattern);
  if (nodeId === undefined || receiver === undefined || signature === undefined) return undefined;
  return { nodeId, receiver, signature };
}

/** Start id inside a receiver's name. */
export function startIdOf(receiver: string): string {
  return receiver.slice(0, receiver.lastIndexOf('.'));
}

/** Parses JSON; undefined for anything else (JSON itself has no undefined). */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
