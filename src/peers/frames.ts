import { maxBodyBytes } from './wire-format.ts';

/*
 * A frame, integers with the highest byte first:
 *
 *    4 bytes  length of what follows
 *    1        1 = request, 2 = reply
 *    4        number of the request on its connection; the reply repeats it
 *   32        signature of what follows
 *   request:  4 sender's node id, 6 sequence, sender's start id, receiver, message, body
 *   reply:    2 status, 4 responder's node id, responder, body
 *
 * Texts are ASCII with their length in one byte before them; the body is the rest. So every frame has exactly one
 * reading, and no byte can move from one signed field to the next. The number isn't signed: a request that is
 * sent again on a new connection gets a new one, and a reply is tied to its request by that one's signature.
 */
const lengthBytes = 4;
const idOffset = 1;
const signatureOffset = 5;
const signatureBytes = 32;
const fieldsOffset = signatureOffset + signatureBytes;
const requestKind = 1;
const replyKind = 2;
const maxTextBytes = 255;

export const minFrameBytes = fieldsOffset;
export const maxFrameBytes = fieldsOffset + 10 + 3 * (1 + maxTextBytes) + maxBodyBytes;

export interface RequestFields {
  readonly senderNodeId: number;
  /** Random id of this start of the sender. */
  readonly senderStartId: string;
  /** Start id of the daemon it is meant for, with the generation of its replay memory. */
  readonly receiver: string;
  /** Rises with every request of one sender start. */
  readonly sequence: number;
  readonly message: string;
}

export interface ReplyFields {
  readonly status: number;
  readonly responderNodeId: number;
  readonly responder: string;
}

/** A frame as received, without its length. */
export interface ReceivedFrame {
  readonly id: number;
  readonly signature: Buffer;
  /** What the signature is over. */
  readonly signed: Buffer;
}

/** The whole frame, not signed yet, to be sent as it is. */
export function encodeRequest(fields: RequestFields, body: string): Buffer {
  const { senderNodeId, senderStartId, receiver, sequence, message } = fields;
  const texts = 3 + senderStartId.length + receiver.length + message.length;
  const frame = newFrame(requestKind, 10 + texts, body);
  const { bytes } = frame;
  let at = bytes.writeUInt32BE(senderNodeId, frame.fieldsAt);
  at = bytes.writeUIntBE(sequence, at, 6);
  at = writeText(bytes, senderStartId, at);
  at = writeText(bytes, receiver, at);
  writeText(bytes, message, at);
  return bytes;
}

/** The whole frame, not signed yet, to be sent as it is. */
export function encodeReply(id: number, fields: ReplyFields, body: string): Buffer {
  const frame = newFrame(replyKind, 7 + fields.responder.length, body);
  const { bytes } = frame;
  let at = bytes.writeUInt16BE(fields.status, frame.fieldsAt);
  at = bytes.writeUInt32BE(fields.responderNodeId, at);
  writeText(bytes, fields.responder, at);
  setId(bytes, id);
  return bytes;
}

export function setId(frame: Buffer, id: number): void {
  frame.writeUInt32BE(id, lengthBytes + idOffset);
}

/** Puts in the signature of the part that `signedPart` gives. */
export function setSignature(frame: Buffer, signature: Buffer): void {
  signature.copy(frame, lengthBytes + signatureOffset);
}

export function signedPart(frame: Buffer): Buffer {
  return frame.subarray(lengthBytes + fieldsOffset);
}

/** Undefined when it is no request. Its fields are for `decodeRequest`, after the signature was verified. */
export function readRequestFrame(bytes: Buffer): ReceivedFrame | undefined {
  return readFrame(bytes, requestKind);
}

export function readReplyFrame(bytes: Buffer): ReceivedFrame | undefined {
  return readFrame(bytes, replyKind);
}

/** Undefined when the bytes don't have the form. */
export function decodeRequest(signed: Buffer): (RequestFields & { body: Buffer }) | undefined {
  if (signed.length < 10) return undefined;
  const startId = readText(signed, 10);
  const receiver = startId && readText(signed, startId.end);
  const message = receiver && readText(signed, receiver.end);
  if (startId === undefined || receiver === undefined || message === undefined) return undefined;
  return {
    senderNodeId: signed.readUInt32BE(0),
    sequence: signed.readUIntBE(4, 6),
    senderStartId: startId.text,
    receiver: receiver.text,
    message: message.text,
    body: signed.subarray(message.end),
  };
}

/** Undefined when the bytes don't have the form. */
export function decodeReply(signed: Buffer): (ReplyFields & { body: Buffer }) | undefined {
  if (signed.length < 6) return undefined;
  const responder = readText(signed, 6);
  if (responder === undefined) return undefined;
  return {
    status: signed.readUInt16BE(0),
    responderNodeId: signed.readUInt32BE(2),
    responder: responder.text,
    body: signed.subarray(responder.end),
  };
}

function newFrame(kind: number, fieldBytes: number, body: string): { bytes: Buffer; fieldsAt: number } {
  const fieldsAt = lengthBytes + fieldsOffset;
  const bodyAt = fieldsAt + fieldBytes;
  const bytes = Buffer.allocUnsafe(bodyAt + Buffer.byteLength(body));
  bytes.writeUInt32BE(bytes.length - lengthBytes);
  bytes.writeUInt8(kind, lengthBytes);
  bytes.fill(0, lengthBytes + idOffset, fieldsAt);
  bytes.write(body, bodyAt, 'utf8');
  return { bytes, fieldsAt };
}

function readFrame(bytes: Buffer, kind: number): ReceivedFrame | undefined {
  if (bytes.length < minFrameBytes || bytes[0] !== kind) return undefined;
  return {
    id: bytes.readUInt32BE(idOffset),
    signature: bytes.subarray(signatureOffset, fieldsOffset),
    signed: bytes.subarray(fieldsOffset),
  };
}

function writeText(bytes: Buffer, text: string, at: number): number {
  bytes.writeUInt8(text.length, at);
  return at + 1 + bytes.write(text, at + 1, 'latin1');
}

function readText(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  const length = bytes[at];
  if (length === undefined) return undefined;
  const end = at + 1 + length;
  return end > bytes.length ? undefined : { text: bytes.toString('latin1', at + 1, end), end };
}
