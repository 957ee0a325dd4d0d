/** What both ends agree on; a change that old daemons can't read gets a new path prefix. */
export const helloPath = '/v1/hello';
/** A request for this path switches its connection to frames (RFC 9110 §7.8). */
export const peerPath = '/v1/peer';
export const peerProtocol = 'repmgr-peer';

/** Largest body of a request and of a reply. */
export const maxBodyBytes = 1024 * 1024;

/** Answer to an authentic request meant for an earlier life of the receiver: nothing was done, sign anew. */
export const statusRestarted = 421;

/** How a daemon introduces itself, unsigned. Nothing in it is believed until a signed reply confirms it. */
export interface Hello {
  readonly nodeId: number;
  readonly startId: string;
  readonly generation: number;
}

/** Headers of the answer that accepts the switch to frames, in small letters: a hello. */
export const helloHeaders = {
  nodeId: 'repmgr-node-id',
  startId: 'repmgr-start-id',
  generation: 'repmgr-generation',
} as const;

const messagePattern = /^[a-z][a-z0-9-]{0,63}$/;
const startIdPattern = /^[0-9A-Za-z-]{8,64}$/;
const receiverPattern = /^[0-9A-Za-z-]{8,64}\.(?:0|[1-9]\d{0,14})$/;

export function isMessageName(text: string): boolean {
  return messagePattern.test(text);
}

export function isStartId(text: string): boolean {
  return startIdPattern.test(text);
}

export function isReceiverName(text: string): boolean {
  return receiverPattern.test(text);
}

/**
 * Whom a request is signed for: one start of a daemon and one generation of its replay memory, which is
 * emptied, and the generation raised, when it is full.
 */
export function receiverName(startId: string, generation: number): string {
  return `${startId}.${generation}`;
}

/** Start id inside a receiver's name. */
export function startIdOf(receiver: string): string {
  return receiver.slice(0, receiver.lastIndexOf('.'));
}

/** Parses JSON; undefined for anything else (JSON itself has no undefined). */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
