import type { KeyObject } from 'node:crypto';
import { decodeRequest, type ReceivedFrame } from './frames.ts';
import type { ReplayMemory } from './replay-memory.ts';
import { type ClusterKey, isSameSignature, requestSignature } from './signing.ts';
import { isReceiverName, isStartId, receiverName } from './wire-format.ts';

/** A request that a holder of the cluster key sent. */
export interface AuthenticRequest {
  readonly key: KeyObject;
  readonly frame: ReceivedFrame;
  readonly senderNodeId: number;
  readonly senderStartId: string;
  readonly receiver: string;
  readonly message: string;
  readonly body: Buffer;
}

export type Authentication =
  /** Deserves no answer. */
  | { readonly kind: 'refused' }
  /** Authentic, but meant for an earlier life of this daemon; not to be carried out. */
  | { readonly kind: 'restarted'; readonly request: AuthenticRequest }
  | { readonly kind: 'authentic'; readonly request: AuthenticRequest };

export interface Authenticator {
  readonly startId: string;
  readonly clusterKey: ClusterKey;
  readonly memory: ReplayMemory;
}

/** Finds out whether a holder of the cluster key sent this frame, to us, for the first time. */
export function authenticateRequest(frame: ReceivedFrame, authenticator: Authenticator): Authentication {
  const { clusterKey, memory, startId } = authenticator;
  const key = clusterKey.current();
  if (key === undefined || !isSameSignature(requestSignature(key, frame.signed), frame.signature))
    return { kind: 'refused' };
  const fields = decodeRequest(frame.signed);
  if (fields === undefined || fields.sequence === 0) return { kind: 'refused' };
  if (!isStartId(fields.senderStartId) || !isReceiverName(fields.receiver)) return { kind: 'refused' };
  const request = { ...fields, key, frame };
  if (fields.receiver !== receiverName(startId, memory.generation)) return { kind: 'restarted', request };
  switch (memory.admit(fields.senderStartId, fields.sequence)) {
    case 'fresh':
      return { kind: 'authentic', request };
    case 'outdated':
      return { kind: 'restarted', request };
    case 'repeated':
      return { kind: 'refused' };
  }
}
