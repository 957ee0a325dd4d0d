import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { setSignature, signedPart } from './frames.ts';

const keyPattern = /^(?:[0-9a-f]{2}){32,}$/i;
/** In front of what is signed, so that a request is never mistaken for a reply. */
const requestLabel = Buffer.from('repmgr request 2\n', 'latin1');
const replyLabel = Buffer.from('repmgr reply 2\n', 'latin1');

/** The cluster key as it is now, asked for with each use so that it can be replaced. */
export class ClusterKey {
  readonly #read: () => string | undefined;
  #hex: string | undefined;
  #key: KeyObject | undefined;

  /** `read` gives hexadecimal digits, or undefined while there is no key. */
  constructor(read: () => string | undefined) {
    this.#read = read;
  }

  /** Undefined if there is none, or none of at least 32 bytes. */
  current(): KeyObject | undefined {
    const hex = this.#read();
    if (hex !== this.#hex) {
      this.#hex = hex;
      this.#key =
        hex !== undefined && keyPattern.test(hex) ? createSecretKey(Buffer.from(hex, 'hex')) : undefined;
    }
    return this.#key;
  }
}

/** HMAC-SHA-256 of everything that a request says, 32 bytes. */
export function requestSignature(key: KeyObject, signed: Buffer): Buffer {
  return createHmac('sha256', key).update(requestLabel).update(signed).digest();
}

/** HMAC-SHA-256 of a reply and the signature of its request, which ties it to that one; 32 bytes. */
export function replySignature(key: KeyObject, signatureOfRequest: Buffer, signed: Buffer): Buffer {
  return createHmac('sha256', key).update(replyLabel).update(signatureOfRequest).update(signed).digest();
}

/** Puts the signature into a request's frame and returns it. */
export function signRequest(key: KeyObject, frame: Buffer): Buffer {
  const signature = requestSignature(key, signedPart(frame));
  setSignature(frame, signature);
  return signature;
}

/** Puts the signature into a reply's frame. */
export function signReply(key: KeyObject, signatureOfRequest: Buffer, frame: Buffer): void {
  setSignature(frame, replySignature(key, signatureOfRequest, signedPart(frame)));
}

/** Compares without telling by its duration where the first difference is. */
export function isSameSignature(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}
