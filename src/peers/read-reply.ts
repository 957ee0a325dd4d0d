import type { KeyObject } from 'node:crypto';
import { type Failed, failed } from './failed-reply.ts';
import { decodeReply, type ReceivedFrame } from './frames.ts';
import { isSameSignature, replySignature } from './signing.ts';
import { isReceiverName, parseJson, startIdOf, statusRestarted } from './wire-format.ts';

/** A reply that only a holder of the cluster key can have made, and only to this request. */
export interface VerifiedReply {
  readonly kind: 'authentic';
  readonly status: number;
  readonly body: unknown;
  readonly receiver: string;
  readonly from: { readonly nodeId: number; readonly startId: string };
}

export interface SentRequest {
  readonly signature: Buffer;
  readonly receiver: string;
}

/**
 * Verifies that the reply was made for the request that we sent, by the start of the daemon it was for. `where` is
 * for messages.
 */
export function readReply(
  frame: ReceivedFrame,
  sent: SentRequest | undefined,
  key: KeyObject,
  where: string,
): VerifiedReply | Failed {
  if (
    sent === undefined ||
    !isSameSignature(replySignature(key, sent.signature, frame.signed), frame.signature)
  )
    return failed('unauthenticated', `the reply of ${where} is not signed with our cluster key`);
  const reply = decodeReply(frame.signed);
  if (reply === undefined || !isReceiverName(reply.responder))
    return failed('protocol', `${where} sent a reply that has not the form that this release expects`);
  const { status, responder } = reply;
  if (responder !== sent.receiver && status !== statusRestarted)
    return failed('unauthenticated', `another daemon than the one addressed replied at ${where}`);
  const body = parseJson(reply.body);
  if (body === undefined) return failed('protocol', `${where} sent a reply that is not JSON`);
  const from = { nodeId: reply.responderNodeId, startId: startIdOf(responder) };
  return { kind: 'authentic', status, body, receiver: responder, from };
}
