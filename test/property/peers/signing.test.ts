import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeReply, encodeRequest, signedPart } from '../../../src/peers/frames.ts';
import { ClusterKey, isSameSignature, replySignature, requestSignature } from '../../../src/peers/signing.ts';
import { keyOf, type TestRequest } from '../../unit/peers/peer-fixtures.ts';

const key = keyOf('ab'.repeat(32));
const text = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
const body = fc.string({ unit: 'binary', maxLength: 24 });
const count = fc.nat({ max: 1_000_000 });

const requests: fc.Arbitrary<TestRequest> = fc.record({
  message: text,
  body,
  senderNodeId: count,
  senderStartId: text,
  receiver: text,
  sequence: count,
});

interface TestReply {
  readonly requestSignature: string;
  readonly status: number;
  readonly responderNodeId: number;
  readonly responder: string;
  readonly body: string;
}

const replies: fc.Arbitrary<TestReply> = fc.record({
  requestSignature: fc.stringMatching(/^[0-9a-f]{64}$/),
  status: fc.integer({ min: 100, max: 599 }),
  responderNodeId: count,
  responder: text,
  body,
});

function signatureOf(request: TestRequest, by = key): string {
  return requestSignature(by, signedPart(encodeRequest(request, request.body))).toString('hex');
}

function signatureOfReply(reply: TestReply): string {
  const signed = signedPart(encodeReply(1, reply, reply.body));
  return replySignature(key, Buffer.from(reply.requestSignature, 'hex'), signed).toString('hex');
}

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

describe('signatures', () => {
  test('of two requests agree only if all fields agree', () => {
    fc.assert(
      fc.property(requests, requests, fc.subarray([...requestFields]), (one, two, replaced) => {
        const changed = { ...one, ...Object.fromEntries(replaced.map((field) => [field, two[field]])) };
        expect(signatureOf(changed) === signatureOf(one)).toBe(isEqual(changed, one));
      }),
    );
  });

  test('of two replies agree only if all fields agree', () => {
    fc.assert(
      fc.property(replies, replies, fc.subarray([...replyFields]), (one, two, replaced) => {
        const changed = { ...one, ...Object.fromEntries(replaced.map((field) => [field, two[field]])) };
        expect(signatureOfReply(changed) === signatureOfReply(one)).toBe(isEqual(changed, one));
      }),
    );
  });

  test('change when a byte moves from one field to the next', () => {
    const moves = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(requests, moves, (request, moved) => {
        const inStartId = { ...request, senderStartId: request.senderStartId + moved };
        const inReceiver = { ...request, receiver: moved + request.receiver };
        const inMessage = { ...request, message: request.message + moved };
        const inBody = { ...request, body: moved + request.body };
        const all = [inStartId, inReceiver, inMessage, inBody].map((each) => signatureOf(each));
        expect(all[0]).not.toBe(all[1]);
        expect(all[2]).not.toBe(all[3]);
      }),
    );
  });

  test('depend on the key, and a request is never mistaken for a reply', () => {
    const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(requests, keys, fc.uint8Array({ maxLength: 80 }), (request, other, bytes) => {
        const otherKey = keyOf(Buffer.from(other).toString('hex'));
        fc.pre(!otherKey.equals(key));
        expect(signatureOf(request, otherKey)).not.toBe(signatureOf(request));
        const signed = Buffer.from(bytes);
        expect(replySignature(key, signed.subarray(0, 32), signed.subarray(32))).not.toEqual(
          requestSignature(key, signed),
        );
      }),
    );
  });

  test('are compared exactly', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (one, two) => {
        const [left, right] = [Buffer.from(one), Buffer.from(two)];
        expect(isSameSignature(left, left)).toBe(true);
        expect(isSameSignature(left, right)).toBe(left.equals(right));
      }),
    );
  });
});

test('a key is hexadecimal, of at least 32 bytes, and may be replaced', () => {
  let hex: string | undefined;
  const clusterKey = new ClusterKey(() => hex);
  expect(clusterKey.current()).toBeUndefined();
  for (const unusable of ['', 'ab', 'ab'.repeat(31), `${'ab'.repeat(32)}a`, 'xy'.repeat(32)]) {
    hex = unusable;
    expect(clusterKey.current()).toBeUndefined();
  }
  for (const usable of ['ab'.repeat(32), 'CD'.repeat(32), '01'.repeat(64)]) {
    hex = usable;
    expect(clusterKey.current()?.equals(keyOf(usable))).toBe(true);
  }
});

const requestFields = [
  'message',
  'body',
  'senderNodeId',
  'senderStartId',
  'receiver',
  'sequence',
] as const satisfies readonly (keyof TestRequest)[];

const replyFields = [
  'requestSignature',
  'status',
  'responderNodeId',
  'responder',
  'body',
] as const satisfies readonly (keyof TestReply)[];
