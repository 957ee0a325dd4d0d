import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isSameSignature,
  type SignedReply,
  type SignedRequest,
  signReply,
  signRequest,
} from '../../../src/peers/signing.ts';
import { keyOf } from '../../unit/peers/peer-fixtures.ts';

const key = keyOf('ab'.repeat(32));
const text = fc.string({ unit: 'binary', maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 24 });
const count = fc.nat({ max: 1_000_000 });

const requests: fc.Arbitrary<SignedRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  path: text,
  body: bytes,
  senderNodeId: count,
  senderStartId: text,
  receiver: text,
  sequence: count,
});

const replies: fc.Arbitrary<SignedReply> = fc.record({
  requestSignature: fc.stringMatching(/^[0-9a-f]{64}$/),
  status: fc.integer({ min: 100, max: 599 }),
  responderNodeId: count,
  responder: text,
  body: bytes,
});

function isEqual(left: unknown, right: unknown): boolean {
  const show = (value: unknown): string =>
    JSON.stringify(value, (_name, part: unknown) => (part instanceof Uint8Array ? [...part] : part));
  return show(left) === show(right);
}

describe('signatures', () => {
  test('of two requests agree only if all fields agree', () => {
    fc.assert(
      fc.property(requests, requests, fc.subarray([...requestFields]), (one, two, replaced) => {
        const changed = { ...one, ...Object.fromEntries(replaced.map((field) => [field, two[field]])) };
        expect(signRequest(key, changed) === signRequest(key, one)).toBe(isEqual(changed, one));
      }),
    );
  });

  test('of two replies agree only if all fields agree', () => {
    fc.assert(
      fc.property(replies, replies, fc.subarray([...replyFields]), (one, two, replaced) => {
        const changed = { ...one, ...Object.fromEntries(replaced.map((field) => [field, two[field]])) };
        expect(signReply(key, changed) === signReply(key, one)).toBe(isEqual(changed, one));
      }),
    );
  });

  test('change when a byte moves from one field to the next', () => {
    fc.assert(
      fc.property(
        requests,
        fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 4 }),
        (request, moved) => {
          const left = { ...request, senderStartId: request.senderStartId + moved };
          const right = { ...request, receiver: moved + request.receiver };
          expect(signRequest(key, left)).not.toBe(signRequest(key, right));
        },
      ),
    );
  });

  test('depend on the key, and a request is never mistaken for a reply', () => {
    fc.assert(
      fc.property(
        requests,
        replies,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (request, reply, other) => {
          const otherKey = keyOf(Buffer.from(other).toString('hex'));
          fc.pre(!otherKey.equals(key));
          expect(signRequest(otherKey, request)).not.toBe(signRequest(key, request));
          expect(signReply(key, reply)).not.toBe(signRequest(key, request));
        },
      ),
    );
  });

  test('are compared exactly', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(isSameSignature(left, left)).toBe(true);
        if (Buffer.from(left, 'latin1').equals(Buffer.from(right, 'latin1'))) return;
        expect(isSameSignature(left, right)).toBe(false);
      }),
    );
  });
});

const requestFields = [
  'method',
  'path',
  'body',
  'senderNodeId',
  'senderStartId',
  'receiver',
  'sequence',
] as const satisfies readonly (keyof SignedRequest)[];

const replyFields = [
  'requestSignature',
  'status',
  'responderNodeId',
  'responder',
  'body',
] as const satisfies readonly (keyof SignedReply)[];
